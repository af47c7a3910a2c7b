// HA121: a secret that nothing uses is only there to be stolen.
import { secretUses } from '../secret-uses.ts'
import { type Rule, warning } from './rule.ts'

export const secretUsed: Rule = (spec) => {
  const used = secretUses(spec).map(({ name }) => name)
  return Object.keys(spec.secrets ?? {})
    .filter((name) => !used.includes(name))
    .map((name) =>
      warning(
        'HA121',
        ['secrets', name],
        `nothing uses secret ${name}`,
        `write \${secret:${name}} where its value belongs, or take it out`,
      ),
    )
}
