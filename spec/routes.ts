// The routes of a proxy in the order haproxy tries them, with `split` spelled out.
import type { ClusterRoute } from './cluster.ts'
import type { ProxySection } from './proxy.ts'

/**
 * Explicit routes first, then the split, then the proxy's pool. Prefixes and suffixes of a split are
 * alternatives, so they become two routes: keys of one route must all match.
 */
export function routesOf(proxy: ProxySection): readonly ClusterRoute[] {
  const explicit = (proxy.routes ?? []).map((route) => ({ ...route, ignoreCase: false }))
  const { split } = proxy
  if (split === undefined) return explicit
  const pool = split.pool
  const prefixes = split.prefixes && { when: { pathPrefix: split.prefixes }, name: 'static' }
  const suffixes = split.suffixes && {
    when: { pathSuffix: split.suffixes },
    name: prefixes ? 'static-suffix' : 'static',
  }
  const expanded = [prefixes, suffixes].flatMap((route) => (route ? [route] : []))
  return [...explicit, ...expanded.map((route) => ({ ...route, ignoreCase: true, pool }))]
}

/** Pools that extra lines of a haproxy listener send requests to. */
export const poolsInExtra = (extra: readonly string[]): readonly string[] =>
  extra.flatMap((line) => /^use_backend ([a-z][a-z0-9-]*)(?= |$)/.exec(line)?.[1] ?? [])

/** Whether extra lines of haproxy answer requests by themselves, without a server. */
export const answersItself = (extra: readonly string[]): boolean =>
  extra.some((line) => ANSWERS.test(line))
const ANSWERS =
  /^(?:redirect |http-request (?:redirect|return|deny|reject|tarpit|silent-drop|use-service)\b|tcp-request (?:connection|content) (?:reject|silent-drop)\b|stats (?:enable|uri)\b)/
