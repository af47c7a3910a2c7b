// HA043: an option of another type of check has no effect.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

const HTTP = ['method', 'path', 'host', 'status']
const TCP = ['send', 'expect']

export const checkOptions: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, { check, servers }]) => {
    const type = check?.type ?? 'connect'
    const idle = [...(type === 'http' ? [] : HTTP), ...(type === 'tcp' ? [] : TCP)]
    const unused = Object.keys(check ?? {})
      .filter((key) => idle.includes(key))
      .map((key) => {
        const message = `check option ${key} has no effect with type ${type}`
        const hint = `set "type": "${HTTP.includes(key) ? 'http' : 'tcp'}"`
        return warning('HA043', ['pools', name, 'check', key], message, hint)
      })
    const own = type === 'none' ? entries(servers).filter(([, server]) => server.check) : []
    return [
      ...unused,
      ...own.map(([server]) => {
        const message = 'check of a server has no effect: its pool is not checked'
        const path = ['pools', name, 'servers', server, 'check']
        return warning('HA043', path, message, 'leave it out, or give the pool another check type')
      }),
    ]
  })
