// HA120: a reference to a secret that there is not; the daemon would get the words of the reference.
import { member } from '../maps.ts'
import { secretUses } from '../secret-uses.ts'
import { nearest } from '../words.ts'
import { error, type Rule } from './rule.ts'

export const secretKnown: Rule = (spec) =>
  secretUses(spec).flatMap(({ name, keys }) => {
    if (member(spec.secrets, name) !== undefined) return []
    const near = nearest(name, Object.keys(spec.secrets ?? {}))
    const hint = near === undefined ? 'add it to secrets' : `did you mean "${near}"?`
    return [error('HA120', keys, `cannot find secret "${name}"`, hint)]
  })
