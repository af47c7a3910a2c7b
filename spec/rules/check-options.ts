// HA043: an option of another type of check has no effect.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

const HTTP = ['method', 'path', 'host', 'status']
const TCP = ['send', 'expect']

export const checkOptions: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, { check }]) => {
    const type = check?.type ?? 'connect'
    const idle = [...(type === 'http' ? [] : HTTP), ...(type === 'tcp' ? [] : TCP)]
    return Object.keys(check ?? {})
      .filter((key) => idle.includes(key))
      .map((key) => {
        const message = `check option ${key} has no effect with type ${type}`
        const hint = `set "type": "${HTTP.includes(key) ? 'http' : 'tcp'}"`
        return warning('HA043', ['pools', name, 'check', key], message, hint)
      })
  })
