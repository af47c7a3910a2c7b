// What must be well on a node for it to hold a vip: its proxies, and the services and mounts the vip tracks. Pure.
import type { Cluster } from '../spec/cluster.ts'
import { HEALTH_PATH, HEALTH_SOCKET_PATH } from './providers/haproxy/paths.ts'
import { healthPath } from './providers/keepalived/paths.ts'
import { SOCKET_PATH as NGINX_SOCKET_PATH } from './providers/nginx/paths.ts'

export type HealthTarget = { readonly vip: string; readonly url: string }

/** Proxies are asked over HTTP; `unit:NAME` and `mount:/path` are looked up in what the agent watches. */
export const healthTargets = (cluster: Cluster, node: string): readonly HealthTarget[] => [
  ...proxyTargets(cluster, node),
  ...cluster.vips
    .filter((vip) => vip.peers.some((peer) => peer.node === node))
    .flatMap((vip) => [
      ...cluster.services
        .filter((one) => vip.trackServices.includes(one.name) && one.nodes.includes(node))
        .map(({ unit }) => ({ vip: vip.name, url: `unit:${unit}` })),
      ...cluster.mounts
        .filter((one) => vip.trackMounts.includes(one.name) && one.nodes.includes(node))
        .map(({ path }) => ({ vip: vip.name, url: `mount:${path}` })),
    ]),
]

/** Vips that this node gives up when two hold them: `split:VIP` is well unless it gives way. Not a matter of proof. */
export const splitTargets = (cluster: Cluster, node: string): readonly HealthTarget[] =>
  cluster.vips
    .filter((vip) => vip.onSplit === 'yield' && vip.peers.some((peer) => peer.node === node))
    .map((vip) => ({ vip: vip.name, url: `split:${vip.name}` }))

/** Every vip of this node: `drain:VIP` is well unless an order has it given up. Not a matter of proof. */
export const drainTargets = (cluster: Cluster, node: string): readonly HealthTarget[] =>
  cluster.vips
    .filter((vip) => vip.peers.some((peer) => peer.node === node))
    .map((vip) => ({ vip: vip.name, url: `drain:${vip.name}` }))

/** One target per proxy on a vip of this node: through its own port where that is plain HTTP. */
export function proxyTargets(cluster: Cluster, node: string): readonly HealthTarget[] {
  return cluster.proxies.flatMap((proxy) => {
    if (proxy.vip === undefined || !proxy.nodes.includes(node)) return []
    const plain = proxy.tls === undefined && proxy.listen.length === 0 && proxy.sites.length === 0
    const own = !proxy.extra.some((line) => line.startsWith('monitor-uri '))
    const direct = proxy.mode === 'http' && plain && own && proxy.addresses.includes('*')
    const url = direct
      ? `http://127.0.0.1:${proxy.port}${HEALTH_PATH}`
      : `unix:${proxy.engine === 'nginx' ? NGINX_SOCKET_PATH : HEALTH_SOCKET_PATH}:/health`
    return [{ vip: proxy.vip, url }]
  })
}

/**
 * What a vip may leave for: targets that both the spec the node acts by and the one it proved have. A listener that is
 * still to come (its turn, a port that is taken), or that a trial has just closed, says nothing about the vip. `proven`
 * undefined: nothing was proved yet, and all of `cluster` counts.
 */
export function decidingTargets(
  cluster: Cluster,
  proven: Cluster | undefined,
  node: string,
): readonly HealthTarget[] {
  const all = healthTargets(cluster, node)
  if (proven === undefined) return all
  const runs = healthTargets(proven, node)
  return all.filter(({ vip, url }) => runs.some((one) => one.vip === vip && one.url === url))
}

/**
 * Files that keepalived is told to watch: one per vip, with or without a proxy behind it. They must be there when it
 * loads: it ignores a track file whose directory is missing, and 2.3 calls the configuration wrong for it.
 */
export const healthFiles = (cluster: Cluster, node: string): readonly string[] =>
  cluster.vips
    .filter((vip) => vip.peers.some((peer) => peer.node === node))
    .map((vip) => healthPath(vip.name))
