// HA076: a named group of a regular expression becomes a variable in nginx, and may be one of its own.
import { nginxProxies } from '../nginx.ts'
import { error, type Rule } from './rule.ts'

const NAMED = /\(\?P?<([A-Za-z_]\w*)>|\(\?'/

export const nginxRegex: Rule = (spec) =>
  nginxProxies(spec).flatMap(([name, proxy]) =>
    (proxy.routes ?? []).flatMap((route, at) =>
      (route.when.pathRegex ?? []).flatMap((text, index) => {
        const group = NAMED.exec(text)
        if (group === null) return []
        const keys = ['proxies', name, 'routes', at, 'when', 'pathRegex', index]
        const message = `cannot use a named group with nginx: ${group[1] ?? 'it'} would become a variable`
        return [error('HA076', keys, message, 'write (?:...) or (...) instead')]
      }),
    ),
  )
