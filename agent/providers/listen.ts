// What both proxies share: which listeners and pools a node's engine serves, and what the kernel must allow for them.
import type { Cluster, ClusterPool, ClusterProxy, ClusterVerbatim } from '../../spec/cluster.ts'
import { poolsInExtra } from '../../spec/routes.ts'
import type { WantSysctl } from '../plan/types.ts'
import type { Bind } from '../world.ts'

/** Proxies that this engine serves on this node, in the order of the spec's normal form. */
export function proxiesOn(
  cluster: Cluster,
  node: string,
  engine: ClusterProxy['engine'],
): readonly ClusterProxy[] {
  return cluster.proxies.filter((proxy) => proxy.engine === engine && proxy.nodes.includes(node))
}

/** Pools that these proxies can reach. */
export function poolsOf(
  cluster: Cluster,
  proxies: readonly ClusterProxy[],
): readonly ClusterPool[] {
  const used = new Set(
    proxies.flatMap((proxy) => [
      proxy.pool,
      ...proxy.routes.map((route) => route.pool),
      ...poolsInExtra(proxy.extra),
      ...proxy.pools,
    ]),
  )
  return cluster.pools.filter((pool) => used.has(pool.name))
}

/** Lines that the spec keeps for a place of the engine's file on this node. */
export const linesFor = (
  cluster: Cluster,
  node: string,
  engine: ClusterVerbatim['engine'],
  place: ClusterVerbatim['place'],
): readonly string[] =>
  cluster.verbatim.flatMap((one) =>
    one.engine === engine && one.place === place && one.nodes.includes(node) ? one.lines : [],
  )

/** Whether "every address" includes IPv6: only where the spec uses it, since a kernel without it refuses the bind. */
export function usesIpv6(cluster: Cluster, node: string): boolean {
  const own = cluster.nodes.find((one) => one.name === node)
  const nets = [
    ...(own === undefined ? [] : [own.net, ...own.links.map((link) => link.net)]),
    ...cluster.vips
      .filter((vip) => vip.peers.some((peer) => peer.node === node))
      .flatMap((vip) => vip.nets),
  ]
  return nets.some((net) => net.family === 6)
}

/** Listeners as the kernel sees them; `*` becomes 0.0.0.0 and, with ipv6, ::. */
export function bindsOf(
  addresses: readonly string[],
  port: number,
  ipv6: boolean,
): readonly Bind[] {
  return addresses.flatMap((address) => {
    if (address !== '*') return [{ address, port }]
    const four = { address: '0.0.0.0', port }
    return ipv6 ? [four, { address: '::', port }] : [four]
  })
}

/**
 * A backup listens on an address that it does not hold yet, or it could not serve at once after a takeover. Both engines
 * of a node need the same two keys and a key has one owner: haproxy, and nginx where no haproxy serves.
 */
export function nonlocalBinds(
  cluster: Cluster,
  node: string,
  engine: ClusterProxy['engine'],
): readonly WantSysctl[] {
  const proxies = cluster.proxies.filter((proxy) => proxy.nodes.includes(node))
  const owner = proxies.some((proxy) => proxy.engine === 'haproxy') ? 'haproxy' : 'nginx'
  if (owner !== engine) return []
  const self = cluster.nodes.find((one) => one.name === node)
  const own = self === undefined ? [] : [self.net, ...self.links.map((link) => link.net)]
  const foreign = proxies
    .flatMap((proxy) => proxy.addresses.map((address) => ({ address, proxy: proxy.name })))
    .filter(({ address }) => !['*', '0.0.0.0', '::', '::1'].includes(address))
    .filter(({ address }) => !address.startsWith('127.'))
    .filter(({ address }) => !own.some((net) => net.address === address))
  const want = (family: 4 | 6): readonly WantSysctl[] => {
    const first = foreign.find(({ address }) => address.includes(':') === (family === 6))
    if (first === undefined) return []
    const why = `proxy ${first.proxy} listens on ${first.address} also while another node holds it`
    return [{ kind: 'sysctl', key: `net.ipv${family}.ip_nonlocal_bind`, value: '1', why }]
  }
  return [...want(4), ...want(6)]
}
