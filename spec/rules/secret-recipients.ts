// HA123: a secret in the spec that a node needs and has no key for.
import { entries } from '../maps.ts'
import { secretUses } from '../secret-uses.ts'
import { type Rule, warning } from './rule.ts'

export const secretRecipients: Rule = (spec) => {
  const uses = secretUses(spec)
  return entries(spec.secrets).flatMap(([name, { from, nodes }]) => {
    if (!from.startsWith('age:') || nodes === undefined) return []
    const needed = uses.flatMap((use) => (use.name === name ? use.nodes : []))
    const without = [...new Set(needed)].filter((node) => !nodes.includes(node)).sort()
    if (without.length === 0) return []
    const who = without.join(', ')
    return [
      warning(
        'HA123',
        ['secrets', name],
        `secret ${name} is not encrypted for ${who}: ${without.length === 1 ? 'it keeps its' : 'they keep their'} old configuration`,
        'hactl secret reencrypt SPEC, or hactl secret encrypt with the value again',
      ),
    ]
  })
}
