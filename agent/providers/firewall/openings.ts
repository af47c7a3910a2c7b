// What a node must let in for its part of the spec: every packet with who may send it, and why. Pure.
import { HOST_PREFIX, netAddress, parseNet } from '../../../spec/address.ts'
import type { Cluster, ClusterLvs, ClusterNode, ClusterVip } from '../../../spec/cluster.ts'
import { PEER_PORT } from '../../../spec/limits.ts'
import type { Opening } from '../../plan/types.ts'

/** Servers on these ports speak NFS version 3 beside 2049: rpcbind, and mountd where both systems put it. */
const NFS_PORT = 2049
const NFS3_PORTS = [111, 20_048]
/** IPv6 adverts to the group come from link-local addresses (RFC 9568 section 5.1.2.1). */
const LINK_LOCAL = 'fe80::/10'
const FULL = { 4: 32, 6: 128 }

/** Sorted by what is let in, each once; what everybody may send is not listed for some again. */
export function openingsOf(cluster: Cluster, node: string): readonly Opening[] {
  const all = [
    ...vrrp(cluster, node),
    ...agents(cluster, node),
    ...listeners(cluster, node),
    ...pools(cluster, node),
    ...virtualServices(cluster, node),
    ...storage(cluster, node),
    ...cluster.firewall.allow
      .filter((one) => one.nodes.includes(node))
      .flatMap(({ name, port, protocol, from }) =>
        portFrom(protocol, port, from.length === 0 ? [undefined] : from, `firewall.allow ${name}`),
      ),
  ]
  return merged(all)
}

/** `tcp/80`, `vrrp from 192.0.2.1`: the same for the same packets. */
export const openingKey = ({ protocol, port, from }: Opening): string =>
  `${protocol}${port === undefined ? '' : `/${port}`}${from === undefined ? '' : ` from ${from}`}`

function merged(all: readonly Opening[]): readonly Opening[] {
  const whys = new Map<string, { readonly opening: Opening; readonly whys: Set<string> }>()
  for (const opening of all) {
    const key = openingKey(opening)
    const known = whys.get(key) ?? { opening, whys: new Set<string>() }
    known.whys.add(opening.why)
    whys.set(key, known)
  }
  const toAll = ({ protocol, port }: Opening) =>
    whys.has(openingKey({ protocol, ...at(port), why: '' }))
  return [...whys]
    .filter(([, { opening }]) => opening.from === undefined || !toAll(opening))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { opening, whys: said }]) => ({ ...opening, why: [...said].sort().join(', ') }))
}

const at = (port: number | undefined) => (port === undefined ? {} : { port })

/** Normal form of a source: 192.0.2.0/24 for 192.0.2.7/24, no prefix for one host. */
function sourceOf(text: string): string {
  const net = parseNet(text, HOST_PREFIX)
  if (net === undefined) return text
  return net.prefix === FULL[net.family] ? net.address : `${netAddress(net)}/${net.prefix}`
}

const portFrom = (
  protocol: 'tcp' | 'udp',
  port: number,
  from: readonly (string | undefined)[],
  why: string,
): readonly Opening[] =>
  from.map((source) => ({
    protocol,
    port,
    ...(source === undefined ? {} : { from: sourceOf(source) }),
    why,
  }))

/** Every address that a node may send from: the kernel chooses by its routes. */
const addressesOf = ({ net, links }: ClusterNode) => [net, ...links.map((link) => link.net)]

function netsOf(cluster: Cluster, names: readonly string[]) {
  return cluster.nodes.filter(({ name }) => names.includes(name)).flatMap(addressesOf)
}
const sourcesOf = (cluster: Cluster, names: readonly string[], self: string): readonly string[] =>
  netsOf(
    cluster,
    names.filter((name) => name !== self),
  ).map(({ address }) => address)

const vipsOf = (cluster: Cluster, node: string): readonly ClusterVip[] =>
  cluster.vips.filter(({ peers }) => peers.some((peer) => peer.node === node))
const peersOf = ({ peers }: ClusterVip): readonly string[] => peers.map((peer) => peer.node)

/** From the peers and from nobody else: whoever may send adverts may take the vip (RFC 9568 section 9). */
function vrrp(cluster: Cluster, node: string): readonly Opening[] {
  return vipsOf(cluster, node).flatMap((vip) => {
    const families = new Set(vip.nets.map(({ family }) => family))
    const peers = peersOf(vip).filter((peer) => peer !== node)
    const nets = netsOf(cluster, peers).filter(({ family }) => families.has(family))
    const local = vip.mode === 'multicast' && families.has(6) && peers.length > 0
    return [...nets.map(({ address }) => address), ...(local ? [LINK_LOCAL] : [])].map((from) => ({
      protocol: 'vrrp',
      from,
      why: `adverts of vip ${vip.name}`,
    }))
  })
}

/** Rolling order and split brain are found by asking the agents of the other peers. */
const agents = (cluster: Cluster, node: string): readonly Opening[] =>
  vipsOf(cluster, node).flatMap((vip) =>
    portFrom('tcp', PEER_PORT, sourcesOf(cluster, peersOf(vip), node), 'agents of its peers'),
  )

function listeners(cluster: Cluster, node: string): readonly Opening[] {
  const here = cluster.proxies.filter((proxy) => proxy.nodes.includes(node))
  const stats = here.length > 0 && cluster.stats !== undefined ? [cluster.stats.port] : []
  return [
    ...here.flatMap(({ name, port }) => portFrom('tcp', port, [undefined], `proxy ${name}`)),
    ...stats.flatMap((port) => portFrom('tcp', port, [undefined], 'the stats page')),
  ]
}

/** A server that is a node lets its balancers in, with requests and with checks. */
function pools(cluster: Cluster, node: string): readonly Opening[] {
  const own = new Set(netsOf(cluster, [node]).map(({ address }) => address))
  return cluster.pools.flatMap((pool) => {
    const users = cluster.proxies.filter(
      (proxy) => proxy.pool === pool.name || proxy.routes.some((route) => route.pool === pool.name),
    )
    const from = sourcesOf(cluster, [...new Set(users.flatMap((proxy) => proxy.nodes))], node)
    return pool.servers
      .filter((server) => own.has(server.address))
      .flatMap((server) => [server.port, ...portOf(pool.check)])
      .flatMap((port) => portFrom('tcp', port, from, `balancers of pool ${pool.name}`))
  })
}
const portOf = ({ type, port }: { readonly type: string; readonly port?: number }) =>
  type === 'none' || port === undefined ? [] : [port]

function virtualServices(cluster: Cluster, node: string): readonly Opening[] {
  return cluster.lvs.flatMap((lvs) => {
    const why = `virtual service ${lvs.name}`
    const director = lvs.directors.includes(node)
      ? portFrom(lvs.protocol, lvs.port, [undefined], why)
      : []
    const reals = [...lvs.servers, ...(lvs.sorry === undefined ? [] : [lvs.sorry])]
    return [
      ...director,
      ...reals
        .filter((real) => real.node === node)
        .flatMap((real) => realServer(cluster, lvs, real)),
    ]
  })
}

/** Clients reach a real server with their own addresses, whatever the method; only checks come from the directors. */
function realServer(
  cluster: Cluster,
  lvs: ClusterLvs,
  { port, node = '' }: ClusterLvs['servers'][number],
): readonly Opening[] {
  const directors = sourcesOf(cluster, lvs.directors, node)
  const check = portFrom('tcp', lvs.check.port ?? port, directors, `checks of ${lvs.name}`)
  const tunnel = directors.map(
    (from): Opening => ({ protocol: 'ipip', from, why: `tunnel of virtual service ${lvs.name}` }),
  )
  const asksPort = lvs.check.type === 'connect' || lvs.check.type === 'http'
  return [
    ...portFrom(lvs.protocol, port, [undefined], `real server of ${lvs.name}`),
    ...(asksPort ? check : []),
    ...(lvs.method === 'tun' ? tunnel : []),
  ]
}

function storage(cluster: Cluster, node: string): readonly Opening[] {
  return cluster.exports
    .filter((one) => one.nodes.includes(node))
    .flatMap(({ name, path, clients }) => {
      const old = cluster.mounts.some((m) => m.version === '3' && m.source === path)
      const why = `NFS export ${name}`
      return [
        ...portFrom('tcp', NFS_PORT, clients, why),
        ...(old ? NFS3_PORTS : []).flatMap((port) => [
          ...portFrom('tcp', port, clients, `${why}, version 3`),
          ...portFrom('udp', port, clients, `${why}, version 3`),
        ]),
      ]
    })
}
