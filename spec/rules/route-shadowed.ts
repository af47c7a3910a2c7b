// HA025: a route that an earlier one always takes first never serves a request.
import type { ClusterRoute } from '../cluster.ts'
import { entries } from '../maps.ts'
import { routesOf } from '../routes.ts'
import { sameWhen } from './route-conflict.ts'
import { type Rule, warning } from './rule.ts'

export const routeShadowed: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    const routes = routesOf(proxy)
    return routes.flatMap((route, at) => {
      const first = routes.slice(0, at).find((one) => covers(one, route))
      // The same condition for another pool is a contradiction: HA027 has it.
      if (first === undefined || (sameWhen(first, route) && first.pool !== route.pool)) return []
      const own = at < (proxy.routes?.length ?? 0) ? ['routes', at] : ['split']
      const message = `route ${route.name} never matches: route ${first.name} takes all of it first`
      return [warning('HA025', ['proxies', name, ...own], message, `put it before ${first.name}`)]
    })
  })

type Match = (wide: string, narrow: string) => boolean
const equal: Match = (wide, narrow) => wide === narrow
const within = (wide: readonly string[], narrow: readonly string[], match: Match): boolean =>
  narrow.every((one) => wide.some((other) => match(other, one)))

/** True when every request that `narrow` matches is matched by `wide`: sound, not complete. */
function covers(wide: ClusterRoute, narrow: ClusterRoute): boolean {
  const fold = (text: string) => (wide.ignoreCase ? text.toLowerCase() : text)
  // A condition that ignores case reaches further than the same letters with case.
  const letters = !wide.ignoreCase && narrow.ignoreCase
  const path =
    (match: Match): Match =>
    (a, b) =>
      match(fold(a), fold(b)) && !(letters && /[a-z]/i.test(a))
  const a = wide.when
  const b = narrow.when
  const part = (x: readonly string[] | undefined, y: readonly string[] | undefined, match: Match) =>
    x === undefined || (y !== undefined && within(x, y, match))
  return (
    part(
      a.pathPrefix,
      b.pathPrefix,
      path((x, y) => y.startsWith(x)),
    ) &&
    part(
      a.pathSuffix,
      b.pathSuffix,
      path((x, y) => y.endsWith(x)),
    ) &&
    part(a.pathRegex, b.pathRegex, letters ? () => false : equal) &&
    part(a.host, b.host, (x, y) => x.toLowerCase() === y.toLowerCase()) &&
    part(a.method, b.method, equal) &&
    entries(a.header).every(([key, values]) => part(values, b.header?.[key], equal))
  )
}
