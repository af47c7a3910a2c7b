// Virtual router identifiers for vips that name none: stable, and never twice on one segment.
import { parseNet, contains, netAddress, NODE_PREFIX, HOST_PREFIX } from './address.ts'
import type { Net } from './cluster.ts'
import { sha256 } from './hash.ts'
import { VRID_MAX, VRID_MIN } from './limits.ts'
import { entries, member } from './maps.ts'
import type { Node } from './node.ts'
import type { Spec } from './schema.ts'
import type { Vip } from './vip.ts'

/** Every address of a node with its subnet: the main one first, links by name. Bad ones are left out. */
export function nodeNets(node: Node): readonly Net[] {
  const links = entries(node.links)
  return [node.address, ...links.map(([, link]) => link.address)].flatMap((text) => {
    const net = parseNet(text, NODE_PREFIX)
    return net === undefined ? [] : [net]
  })
}

/** Address of a node on the segment of `vip`: same subnet, else same family, else the main one. */
export const peerNet = (nets: readonly Net[], vip: Net | undefined): Net | undefined =>
  (vip && nets.find((net) => contains(net, vip))) ??
  nets.find((net) => net.family === vip?.family) ??
  nets[0]

/**
 * Where adverts of a vip are heard, one word for each address family and segment. VRIDs are unique
 * per segment and family (RFC 9568 section 1.3: IPv4 and IPv6 virtual routers are separate).
 */
export function segmentsOf(spec: Pick<Spec, 'nodes'>, vip: Vip): readonly string[] {
  const words = vip.addresses.flatMap((text) => {
    const net = parseNet(text, HOST_PREFIX)
    if (net === undefined) return []
    return Object.keys(vip.peers).flatMap((name) => {
      const node = member(spec.nodes, name)
      const at = node && peerNet(nodeNets(node), net)
      return at === undefined ? [] : [`${net.family} ${netAddress(at)}`]
    })
  })
  return [...new Set(words)].sort()
}

/**
 * VRID of every vip by name. Explicit ones first; the others start at a number made of cluster and vip
 * name, so that adding a vip rarely moves another and two clusters on one segment rarely meet.
 */
export function allocateVrids(spec: Spec): ReadonlyMap<string, number> {
  const vips = entries(spec.vips)
  const taken = new Set<string>()
  const vrids = new Map<string, number>()
  const take = (name: string, vip: Vip, vrid: number) => {
    for (const segment of segmentsOf(spec, vip)) taken.add(`${segment} ${vrid}`)
    vrids.set(name, vrid)
  }
  for (const [name, vip] of vips) if (vip.vrid !== undefined) take(name, vip, vip.vrid)
  for (const [name, vip] of vips) {
    if (vip.vrid !== undefined) continue
    const segments = segmentsOf(spec, vip)
    const start = Number.parseInt(sha256(`${spec.cluster}/${name}`).slice(0, 8), 16)
    const free = Array.from(
      { length: VRID_MAX },
      (_, step) => VRID_MIN + ((start + step) % VRID_MAX),
    ).find((vrid) => !segments.some((segment) => taken.has(`${segment} ${vrid}`)))
    // VIPS_MAX is below VRID_MAX, so there always is a free one.
    take(name, vip, free ?? VRID_MIN)
  }
  return vrids
}
