// What a node has to do by its spec, as the checks ask for it. Pure.
import { contains, HOST_PREFIX, parseNet } from '../../spec/address.ts'
import type { ClusterNode, ClusterPeer, ClusterVip } from '../../spec/cluster.ts'
import type { Patient } from './types.ts'

export const nodeOf = (patient: Patient): ClusterNode | undefined =>
  patient.cluster?.nodes.find((node) => node.name === patient.node)

/** Vips that this node may hold. */
export const vipsOf = (patient: Patient): readonly ClusterVip[] =>
  (patient.cluster?.vips ?? []).filter((vip) => vip.peers.some((p) => p.node === patient.node))

/** The other holders of a vip. */
export const othersOf = (patient: Patient, vip: ClusterVip): readonly ClusterPeer[] =>
  vip.peers.filter((p) => p.node !== patient.node)

/** Every other node that shares a vip with this one, once. */
export function peersOf(
  patient: Patient,
): readonly { readonly node: string; readonly address: string }[] {
  const found = new Map<string, string>()
  for (const vip of vipsOf(patient))
    for (const { node, address } of othersOf(patient, vip)) found.set(node, address)
  return [...found].map(([node, address]) => ({ node, address }))
}

/** The interface that carries the adverts of a vip: the one with our address among its peers. */
export function interfaceOf(patient: Patient, vip: ClusterVip): string | undefined {
  const own = vip.peers.find((p) => p.node === patient.node)?.address
  const node = nodeOf(patient)
  const places = node === undefined ? [] : [{ ...node, net: node.net }, ...node.links]
  const said = places.find((p) => p.net.address === own)?.interface
  return said ?? patient.facts.addresses.find((a) => a.address === own)?.interface
}

/** Interfaces that carry a vip's adverts, each once. */
export const vrrpInterfaces = (patient: Patient): readonly string[] => [
  ...new Set(vipsOf(patient).flatMap((vip) => interfaceOf(patient, vip) ?? [])),
]

export type Port = { readonly port: number; readonly for: string }
/** TCP ports that clients or peers must reach on this node. */
export function portsOf(patient: Patient): readonly Port[] {
  const { cluster } = patient
  const proxies = (cluster?.proxies ?? []).filter((p) => p.nodes.includes(patient.node))
  const ports: Port[] = proxies.map((p) => ({ port: p.port, for: `proxy ${p.name}` }))
  if (cluster?.stats !== undefined && proxies.length > 0)
    ports.push({ port: cluster.stats.port, for: 'the stats page' })
  if (peersOf(patient).length > 0)
    ports.push({ port: patient.peerPort, for: 'the agents of its peers' })
  return ports.filter((p, i) => ports.findIndex((q) => q.port === p.port) === i)
}

/** Whether `address` lies in the subnet of one of this node's own addresses on `name`. */
export const inSubnetOf = (patient: Patient, name: string, address: string): boolean =>
  patient.facts.addresses
    .filter((a) => a.interface === name && a.address !== address)
    .some((a) => {
      const net = parseNet(`${a.address}/${a.prefix}`, HOST_PREFIX)
      const one = parseNet(address, HOST_PREFIX)
      return net !== undefined && one !== undefined && contains(net, one)
    })

/** http://192.0.2.1:9440/v1/peer */
export const peerUrl = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/v1/peer`
