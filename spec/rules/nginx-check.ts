// HA070: nginx asks no server how it is; only the commercial one does.
import { poolsBehind } from '../nginx.ts'
import { type Rule, warning } from './rule.ts'

const ACTIVE = ['http', 'tcp']

export const nginxCheck: Rule = (spec) =>
  poolsBehind(spec, 'nginx').flatMap(([name, { check }]) => {
    const type = check?.type ?? 'connect'
    if (!ACTIVE.includes(type)) return []
    const message = `nginx sends no ${type} checks: a server of pool ${name} is dead when requests to it fail`
    const hint =
      'engine haproxy asks them; with nginx only interval and fall count (fail_timeout, max_fails)'
    return [warning('HA070', ['pools', name, 'check', 'type'], message, hint)]
  })
