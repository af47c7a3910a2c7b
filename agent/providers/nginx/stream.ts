// Proxies of mode tcp: nginx's stream module, which distributions ship apart from nginx itself.
import type { Cluster, ClusterProxy } from '../../../spec/cluster.ts'
import { headsOf } from '../../../spec/nginx-text.ts'
import type { Version } from '../../engine.ts'
import type { Facts } from '../../plan/types.ts'
import { linesFor, poolsOf } from '../listen.ts'
import { accessLine, STREAM_FORMAT } from './log.ts'
import { limitLine, limitZone, listenLines, tlsLines } from './server.ts'
import { siteServers } from './site.ts'
import { upstreamBlock } from './upstream.ts'
import { apart, block, duration, type Part, verbatim } from './words.ts'

const MODULE = 'ngx_stream_module.so'
/** What brings the module where nginx itself does not. */
export const STREAM_PACKAGES = { apt: 'libnginx-mod-stream', dnf: 'nginx-mod-stream' } as const

export type StreamSupport = 'built in' | { readonly load: string } | 'missing'

/** By `nginx -V` and what lies in its module folder. */
export function streamSupport(features: readonly string[]): StreamSupport {
  if (features.includes('stream')) return 'built in'
  const folder = features
    .find((one) => one.startsWith('modules-path='))
    ?.slice('modules-path='.length)
  const there = folder !== undefined && features.includes(`module:${MODULE}`)
  return there ? { load: `${folder}/${MODULE}` } : 'missing'
}

function tcpServer(proxy: ClusterProxy, ipv6: boolean, log: string): readonly string[] {
  const { timeouts } = proxy
  const again = proxy.retries > 0 && proxy.retryOn.includes('connect-failure')
  return block('server', [
    `# proxy ${proxy.name}`,
    ...listenLines(proxy, ipv6, [...(proxy.tls === undefined ? [] : ['ssl']), ...proxy.listen]),
    ...tlsLines(proxy),
    log,
    `proxy_pass ${proxy.pool ?? ''};`,
    `proxy_connect_timeout ${duration(timeouts.connectMs)};`,
    // Both directions idle for so long: what haproxy calls a tunnel.
    `proxy_timeout ${duration(timeouts.tunnelMs)};`,
    ...(again
      ? ['proxy_next_upstream on;', `proxy_next_upstream_tries ${proxy.retries + 1};`]
      : ['proxy_next_upstream off;']),
    ...limitLine(proxy),
    ...verbatim(proxy.extra),
  ])
}

/** The stream block; nothing where no proxy of mode tcp can be served. */
export function streamBlock(
  cluster: Cluster,
  facts: Facts,
  version: Version,
  proxies: readonly ClusterProxy[],
  ipv6: boolean,
): Part {
  if (proxies.length === 0) return { lines: [], notes: [] }
  const upstreams = poolsOf(cluster, proxies).map((pool) => upstreamBlock(pool, version))
  const kept = linesFor(cluster, facts.node, 'nginx', 'stream')
  const logOf = (proxy: ClusterProxy) =>
    headsOf(kept).includes('access_log') ? [] : [accessLine(cluster, facts, proxy)]
  const lines = block(
    'stream',
    apart([
      [...STREAM_FORMAT, ...proxies.flatMap(limitZone)],
      verbatim(kept),
      ...upstreams.map((part) => part.lines),
      ...proxies.flatMap((proxy) =>
        proxy.sites.length > 0
          ? siteServers(proxy, version, { ipv6, log: logOf(proxy) })
          : [tcpServer(proxy, ipv6, accessLine(cluster, facts, proxy))],
      ),
    ]),
  )
  return { lines, notes: upstreams.flatMap((part) => part.notes) }
}

/** Proxies of this engine that can be served here, and what is said of the others. */
export function servable(
  proxies: readonly ClusterProxy[],
  support: StreamSupport,
): { readonly proxies: readonly ClusterProxy[]; readonly notes: readonly string[] } {
  if (support !== 'missing') return { proxies, notes: [] }
  const left = proxies.filter((proxy) => proxy.mode === 'tcp')
  return {
    proxies: proxies.filter((proxy) => proxy.mode !== 'tcp'),
    notes: left.map(
      ({ name }) =>
        `proxy ${name} is left out: mode tcp needs nginx's stream module, and it is not installed yet`,
    ),
  }
}
