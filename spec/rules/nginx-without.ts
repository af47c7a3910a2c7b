// HA079: options that nginx has nothing for; they are taken as near as it gets, or not at all.
import type { Diagnostic } from '../diagnostic.ts'
import { entries } from '../maps.ts'
import { nodesOf } from '../resolve.ts'
import type { Spec } from '../schema.ts'
import { nginxProxies, poolsBehind } from '../nginx.ts'
import { info, type Rule, warning } from './rule.ts'

export const nginxWithout: Rule = (spec) => [
  ...nginxProxies(spec).flatMap(([name, { timeouts, redispatch, mode }]) => {
    const at = ['proxies', name]
    const say = (keys: readonly string[], message: string, hint: string) =>
      info('HA079', [...at, ...keys], message, hint)
    return [
      ...(timeouts?.queueMs === undefined
        ? []
        : [
            say(
              ['timeouts', 'queueMs'],
              'nginx has no queue',
              'a request that finds every server full gets 502 at once',
            ),
          ]),
      ...(timeouts?.tunnelMs === undefined || mode === 'tcp'
        ? []
        : [
            say(
              ['timeouts', 'tunnelMs'],
              'nginx has no timeout of its own for tunnels',
              'an idle WebSocket ends after serverMs',
            ),
          ]),
      ...(redispatch === undefined
        ? []
        : [
            say(
              ['redispatch'],
              'nginx always goes to another server',
              'retries and retryOn say how often and why',
            ),
          ]),
    ]
  }),
  ...poolsBehind(spec, 'nginx').flatMap(([pool, { servers }]) =>
    entries(servers).flatMap(([name, { maxconn, state }]) => {
      const at = ['pools', pool, 'servers', name]
      return [
        ...(maxconn === undefined
          ? []
          : [
              info(
                'HA079',
                [...at, 'maxconn'],
                'nginx does not queue for a full server',
                'the next one is tried; when all are full the request gets 502',
              ),
            ]),
        ...(state === 'drain'
          ? [
              warning(
                'HA079',
                [...at, 'state'],
                `nginx cannot drain server ${name}: known clients leave it at once`,
                'running requests end well; sessions belong to engine haproxy',
              ),
            ]
          : []),
      ]
    }),
  ),
  ...statsOf(spec),
]

/** The page is haproxy's own; a node with nginx alone has none. */
function statsOf(spec: Spec): readonly Diagnostic[] {
  if (spec.stats === undefined) return []
  const haproxies = entries(spec.proxies).filter(
    ([, one]) => (one.engine ?? 'haproxy') === 'haproxy',
  )
  const served = new Set(haproxies.flatMap(([, proxy]) => nodesOf(spec, proxy)))
  const nodes = new Set(nginxProxies(spec).flatMap(([, proxy]) => nodesOf(spec, proxy)))
  const without = [...nodes].filter((node) => !served.has(node)).sort()
  if (without.length === 0) return []
  const message = `no stats page on ${without.join(', ')}: nginx alone serves there`
  return [info('HA079', ['stats'], message, "the hub's page shows these nodes too")]
}
