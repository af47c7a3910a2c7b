// HA026: a route's name is its identity within the proxy.
import { entries } from '../maps.ts'
import { routesOf } from '../routes.ts'
import { error, type Rule } from './rule.ts'

export const routeNameUnique: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    const routes = routesOf(proxy)
    return routes.flatMap((route, at) => {
      if (routes.findIndex((one) => one.name === route.name) === at) return []
      const split = at >= (proxy.routes?.length ?? 0)
      const keys = ['proxies', name, ...(split ? ['split'] : ['routes', at, 'name'])]
      const hint = split ? 'split makes routes of this name: rename yours' : 'rename one'
      return [error('HA026', keys, `cannot name two routes ${route.name}`, hint)]
    })
  })
