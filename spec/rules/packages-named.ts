// HA063: a packages section names something to install.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const packagesNamed: Rule = (spec) =>
  entries(spec.packages)
    .filter(([, { apt, dnf }]) => apt === undefined && dnf === undefined)
    .map(([name]) =>
      error(
        'HA063',
        ['packages', name],
        `cannot install packages ${name}: it names none`,
        'add apt, dnf or both',
      ),
    )
