// Where a node asks its own proxies whether they answer. Pure.
import type { Cluster } from '../spec/cluster.ts'

export type HealthTarget = { readonly vip: string; readonly url: string }

/** A request path that haproxy answers by itself (monitor-uri), so that asking costs no backend. */
export const HEALTH_PATH = '/.hactl/health'
/** A listener of haproxy on a unix socket, for proxies that cannot be asked over HTTP from here. */
export const HEALTH_SOCKET = '/run/hactl/health.sock'

/** One target per proxy on a vip of this node: through its own port where that is plain HTTP. */
export function healthTargets(cluster: Cluster, node: string): readonly HealthTarget[] {
  return cluster.proxies.flatMap((proxy) => {
    if (proxy.vip === undefined || !proxy.nodes.includes(node)) return []
    const direct = proxy.mode === 'http' && proxy.tls === undefined && proxy.addresses.includes('*')
    const url = direct
      ? `http://127.0.0.1:${proxy.port}${HEALTH_PATH}`
      : `unix:${HEALTH_SOCKET}:${HEALTH_PATH}`
    return [{ vip: proxy.vip, url }]
  })
}
