// HA023: a proxy leads somewhere.
import { entries } from '../maps.ts'
import { poolsOf } from '../resolve.ts'
import { answersItself } from '../routes.ts'
import { error, type Rule, warning } from './rule.ts'

export const proxyTarget: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    const keys = ['proxies', name]
    // What server blocks do stands in their lines.
    if (proxy.sites !== undefined) return []
    const itself = proxy.engine !== 'nginx' && answersItself(proxy.extra ?? [])
    if (poolsOf(proxy).length === 0 && !itself) {
      const message = `cannot serve from proxy ${name}: it has neither a pool nor routes`
      return [error('HA023', keys, message, 'add "pool"')]
    }
    if (proxy.pool !== undefined) return []
    const message = `proxy ${name} answers 503 to what no route takes: it has no pool of its own`
    return [warning('HA023', keys, message, 'add "pool" for the rest')]
  })
