// Which VRRP instances a node runs: one per vip and address family, never half of a pair.
import type {
  Cluster,
  ClusterNode,
  ClusterPeer,
  ClusterProxy,
  ClusterVip,
  Family,
  Net,
} from '../../../spec/cluster.ts'
import { linesOf } from '../../../spec/keepalived.ts'
import type { Facts } from '../../plan/types.ts'

export type Router = {
  readonly name: string
  readonly vip: ClusterVip
  readonly family: Family
  readonly interface: string
  readonly source: string
  /** Empty: multicast. */
  readonly peers: readonly string[]
  readonly priority: number
  /** The one address that is in the adverts. */
  readonly advertised: Net
  readonly excluded: readonly Net[]
  /** Programs of this node's proxies behind the vip, each once, sorted. */
  readonly engines: readonly ClusterProxy['engine'][]
  /** Instances with the same word move together. */
  readonly group: string
  /** Lines of the spec that it does not model, of this node. */
  readonly extra: readonly string[]
}
export type Routers = { readonly routers: readonly Router[]; readonly notes: readonly string[] }

/** Instances of `node` for every vip it is a peer of. Pure. */
export function routersOf(cluster: Cluster, facts: Facts): Routers {
  const found = cluster.vips
    .filter((vip) => vip.peers.some((p) => p.node === facts.node))
    .map((vip) => routersOfVip(cluster, vip, facts))
  return wholeGroups(
    cluster,
    facts.node,
    found.flatMap((f) => f.routers),
    found.flatMap((f) => f.notes),
  )
}

/** Vips of this node that its machine cannot carry now: their interface has no address yet, or never will. Pure. */
export const unmetOf = (
  cluster: Cluster,
  node: string,
  routers: readonly Router[],
): readonly string[] =>
  cluster.vips
    .filter((vip) => vip.peers.some((p) => p.node === node))
    .filter((vip) => familiesOf(cluster, vip).length > 0 && !routers.some((r) => r.vip === vip))
    .map((vip) => `no interface of ${node} carries its address in vip ${vip.name}`)

/** Half a group would hold one vip while a peer holds the other: none is better than that. */
function wholeGroups(
  cluster: Cluster,
  node: string,
  routers: readonly Router[],
  notes: readonly string[],
): Routers {
  const broken = cluster.vips.flatMap((vip) =>
    vip.group !== undefined &&
    vip.peers.some((p) => p.node === node) &&
    !routers.some((r) => r.vip === vip)
      ? [vip.group]
      : [],
  )
  const left = [...new Set(broken)].flatMap((group) => {
    const gone = [...new Set(routers.filter((r) => r.vip.group === group).map((r) => r.vip.name))]
    return gone.map((vip) => `vip ${vip}: left out, another vip of group ${group} is left out here`)
  })
  const whole = routers.filter((r) => r.vip.group === undefined || !broken.includes(r.vip.group))
  return { routers: whole, notes: [...notes, ...left] }
}

function routersOfVip(cluster: Cluster, vip: ClusterVip, facts: Facts): Routers {
  const families = familiesOf(cluster, vip)
  if (families.length === 0) {
    const note = `vip ${vip.name}: left out, its peers have no address of its family to send adverts from`
    return { routers: [], notes: [note] }
  }
  const routers = families.flatMap((family, i) => {
    const router = routerOf(cluster, vip, family, i === 0 ? families : [], facts)
    return router === undefined ? [] : [router]
  })
  // Half a pair would hold one family while the peer holds the other: none is better than that.
  if (routers.length < families.length) {
    const note = `vip ${vip.name}: left out, no interface of ${facts.node} carries its address`
    return { routers: [], notes: [note] }
  }
  const rest = vip.nets.filter((net) => !families.includes(net.family))
  const notes =
    rest.length === 0
      ? []
      : [
          `vip ${vip.name}: ${rest.map((n) => n.address).join(', ')} follow the other family, not every peer has an address of theirs`,
        ]
  return { routers, notes }
}

/**
 * Families that become an instance of their own. It depends on the spec alone, so that every peer
 * decides alike: a family needs an address of every peer (an IPv6 instance cannot talk to an IPv4 peer).
 */
function familiesOf(cluster: Cluster, vip: ClusterVip): readonly Family[] {
  const all: readonly Family[] = [4, 6]
  return all.filter(
    (family) =>
      vip.nets.some((net) => net.family === family) &&
      vip.peers.every(
        (peer) => placeOf(cluster, peer, family) !== undefined || hears(cluster, vip, peer),
      ),
  )
}

/** Multicast needs no address of the spec: keepalived takes one of the interface, the link-local one for IPv6. */
const hears = (cluster: Cluster, vip: ClusterVip, peer: ClusterPeer): boolean =>
  vip.mode === 'multicast' && namedDevice(cluster, peer) !== undefined

const namedDevice = (cluster: Cluster, peer: ClusterPeer): string | undefined =>
  peer.interface ?? cluster.nodes.find((n) => n.name === peer.node)?.interface

function routerOf(
  cluster: Cluster,
  vip: ClusterVip,
  family: Family,
  carries: readonly Family[],
  facts: Facts,
): Router | undefined {
  const self = vip.peers.find((p) => p.node === facts.node)
  const place = self === undefined ? undefined : placeOf(cluster, self, family)
  const [advertised, ...more] = vip.nets.filter((net) => net.family === family)
  if (self === undefined || advertised === undefined) return undefined
  const device =
    self.interface ??
    (place === undefined
      ? namedDevice(cluster, self)
      : (place.interface ?? deviceOf(place.address, facts)))
  if (device === undefined) return undefined
  const others = vip.peers.filter((p) => p.node !== facts.node)
  const peers = others.flatMap((p) => placeOf(cluster, p, family)?.address ?? [])
  // The first instance also carries the addresses of a family that has no instance of its own.
  const orphans =
    carries.length === 0 ? [] : vip.nets.filter((net) => !carries.includes(net.family))
  const single = new Set(vip.nets.map((net) => net.family)).size === 1
  return {
    name: family === 4 || single ? vip.name : `${vip.name}_6`,
    vip,
    family,
    interface: device,
    source: place?.address ?? '',
    peers: vip.mode === 'unicast' ? peers : [],
    priority: self.priority,
    advertised,
    excluded: [...more, ...orphans],
    engines: enginesOf(cluster, vip, facts.node),
    group: vip.group === undefined ? `${vip.name}_both` : `${vip.group}_group`,
    extra: carries.length === 0 ? [] : linesOf(vip.extra, facts.node),
  }
}

function enginesOf(cluster: Cluster, vip: ClusterVip, node: string): Router['engines'] {
  const mine = cluster.proxies.filter((p) => p.vip === vip.name && p.nodes.includes(node))
  return [...new Set(mine.map((p) => p.engine))].sort()
}

type Place = { readonly address: string; readonly interface: string | undefined }

/** Where a peer sends adverts of a family from: its address in the vip, else its node's, else a link's. */
function placeOf(cluster: Cluster, peer: ClusterPeer, family: Family): Place | undefined {
  const node = cluster.nodes.find((n) => n.name === peer.node)
  const places = node === undefined ? [] : placesOf(node)
  const own = places.find((p) => p.address === peer.address)
  const given: Place = { address: peer.address, interface: own?.interface }
  return [given, ...places].find((p) => p.address.includes(':') === (family === 6))
}

const placesOf = (node: ClusterNode): readonly Place[] =>
  [{ net: node.net, interface: node.interface }, ...node.links].map((l) => ({
    address: l.net.address,
    interface: l.interface,
  }))

const deviceOf = (address: string, facts: Facts) =>
  facts.addresses.find((a) => a.address === address)?.interface
