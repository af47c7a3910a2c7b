// HA027: one condition leads to one pool.
import type { ClusterRoute } from '../cluster.ts'
import { canonical } from '../hash.ts'
import { entries } from '../maps.ts'
import { routesOf } from '../routes.ts'
import { error, type Rule } from './rule.ts'

export const routeConflict: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    const routes = routesOf(proxy)
    return routes.flatMap((route, at) => {
      const first = routes.slice(0, at).find((one) => sameWhen(one, route))
      if (first === undefined || first.pool === route.pool) return []
      const own = at < (proxy.routes?.length ?? 0) ? ['routes', at] : ['split']
      const message = `cannot send the same requests to pool ${first.pool} and pool ${route.pool}`
      const hint = `routes ${first.name} and ${route.name} have one condition: remove one`
      return [error('HA027', ['proxies', name, ...own], message, hint)]
    })
  })

/** Same condition in any order of values. */
export const sameWhen = (a: ClusterRoute, b: ClusterRoute): boolean =>
  a.ignoreCase === b.ignoreCase && whenText(a) === whenText(b)

const whenText = ({ when: { header, ...lists } }: ClusterRoute): string =>
  canonical([
    entries(lists).map(([key, values]) => [key, values.toSorted()]),
    entries(header).map(([key, values]) => [key.toLowerCase(), values.toSorted()]),
  ])
