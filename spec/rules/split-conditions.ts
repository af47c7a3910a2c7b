// HA045: a split says what is static.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const splitConditions: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, { split }]) => {
    if (split === undefined || split.prefixes || split.suffixes) return []
    const message = `cannot split the traffic of proxy ${name}: nothing says what is static`
    return [error('HA045', ['proxies', name, 'split'], message, 'add "prefixes" or "suffixes"')]
  })
