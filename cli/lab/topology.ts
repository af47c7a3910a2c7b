// From a spec to the machines, networks and small servers of a lab. Pure: no process is started here.
import type { Spec } from '../../spec/schema.ts'
import { contains, freeAddress, type Inet, parseInet, subnetOf } from './subnet.ts'

export type Nic = {
  readonly interface: string
  /** Name of its port in the switch, at most 15 characters (IFNAMSIZ). */
  readonly port: string
  readonly bridge: string
  /** The same after a power cut, as on a real machine. */
  readonly mac: string
  /** With prefix length. */
  readonly addresses: readonly string[]
}
export type WebServer = {
  readonly name: string
  readonly addresses: readonly string[]
  readonly port: number
}
export type Member = {
  readonly name: string
  readonly kind: 'node' | 'server' | 'client' | 'hub'
  readonly nics: readonly Nic[]
  /** What a small nginx answers for here. */
  readonly web: readonly WebServer[]
}
export type LabVip = {
  readonly name: string
  readonly addresses: readonly string[]
  readonly peers: readonly string[]
  /** Where a client can ask, once the cluster serves; absent for a vip without an HTTP proxy. */
  readonly url?: string
}
export type Topology = {
  readonly cluster: string
  readonly bridges: readonly { readonly name: string; readonly subnet: string }[]
  readonly members: readonly Member[]
  readonly vips: readonly LabVip[]
  readonly hubAddress: string
  /** What of the spec the lab cannot bring to life, in words. */
  readonly notes: readonly string[]
}

export const CLIENT = 'lab-client'
export const HUB = 'lab-hub'

/** Plans the lab. Throws Error when an address of a node cannot be read (the spec's parser reports that earlier). */
export function topologyOf(spec: Spec): Topology {
  const vips = vipsOf(spec)
  const nets = netsOf(spec)
  const notes: string[] = []
  const subnets = [...new Set(nets.map(({ inet }) => subnetOf(inet)))]
  const bridges = subnets.map((subnet, i) => ({ name: `br${i}`, subnet }))
  const used = new Set([...nets.map(({ inet }) => inet.value), ...literalsOf(spec)])
  const claim = (subnet: string): string => {
    const address = freeAddress(subnet, used)
    const inet = address === undefined ? undefined : parseInet(address)
    if (address === undefined || inet === undefined)
      throw new Error(`cannot find a free address in ${subnet} for the lab's client and hub`)
    used.add(inet.value)
    return `${address}/${subnet.split('/')[1]}`
  }
  const web = webOf(spec, subnets, notes)
  const drafts: Draft[] = Object.keys(spec.nodes).map((name) => ({
    name,
    kind: 'node',
    nets: nets.filter((net) => net.node === name),
    web: web.get(name) ?? [],
  }))
  for (const [name, servers] of web) {
    const address = servers[0]?.addresses[0]
    if (spec.nodes[name] !== undefined || address === undefined) continue
    const inet = parseInet(address)
    const subnet = subnets.find((s) => inet !== undefined && contains(s, inet))
    drafts.push({
      name,
      kind: 'server',
      nets: [netOn('eth0', `${address}/${subnet?.split('/')[1]}`)],
      web: servers,
    })
  }
  const main = [...new Set(nets.filter((net) => net.main).map(({ inet }) => subnetOf(inet)))]
  const everywhere = () => main.map((subnet, i) => netOn(`eth${i}`, claim(subnet)))
  const hub = everywhere()
  drafts.push({ name: CLIENT, kind: 'client', nets: everywhere(), web: [] })
  drafts.push({ name: HUB, kind: 'hub', nets: hub, web: [] })
  const members = drafts.map((draft, i) => memberOf(draft, i, bridges))
  return {
    cluster: spec.cluster,
    bridges,
    members,
    vips,
    notes,
    hubAddress: hub[0]?.inet.address ?? '',
  }
}

type NodeNet = {
  readonly node: string
  readonly interface: string
  readonly inet: Inet
  readonly main: boolean
}
type Draft = Pick<Member, 'name' | 'kind' | 'web'> & {
  readonly nets: readonly Pick<NodeNet, 'interface' | 'inet'>[]
}

const inetOf = (text: string): Inet => {
  const inet = parseInet(text)
  if (inet === undefined) throw new Error(`cannot build a network from ${text}: it is no address`)
  return inet
}
const netOn = (name: string, text: string) => ({ interface: name, inet: inetOf(text) })

function netsOf(spec: Spec): NodeNet[] {
  return Object.entries(spec.nodes).flatMap(([node, { address, interface: name, links }]) => [
    { node, interface: name ?? 'eth0', inet: inetOf(address), main: true },
    ...Object.values(links ?? {}).map((link, i) => ({
      node,
      interface: link.interface ?? `eth${i + 1}`,
      inet: inetOf(link.address),
      main: false,
    })),
  ])
}

/** Addresses that no client or hub of the lab may take. */
function literalsOf(spec: Spec): bigint[] {
  const vips = Object.values(spec.vips ?? {}).flatMap((vip) => vip.addresses)
  const pools = Object.values(spec.pools ?? {}).flatMap((pool) => Object.values(pool.servers))
  const servers = pools.flatMap(({ address }) => (address === undefined ? [] : [address]))
  return [...vips, ...servers].flatMap((text) => parseInet(text)?.value ?? [])
}

function vipsOf(spec: Spec): LabVip[] {
  return Object.entries(spec.vips ?? {}).map(([name, vip]) => {
    const addresses = vip.addresses.map((text) => text.split('/')[0] ?? text)
    const proxy = Object.values(spec.proxies ?? {}).find(
      (p) => p.vip === name && p.mode !== 'tcp' && p.tls === undefined,
    )
    const first = addresses[0] ?? ''
    const host = first.includes(':') ? `[${first}]` : first
    const url = proxy === undefined ? {} : { url: `http://${host}:${proxy.port}/` }
    return { name, addresses, peers: Object.keys(vip.peers), ...url }
  })
}

/** Small servers by member: on a node without proxies, or on a machine of its own for a plain address. */
function webOf(spec: Spec, subnets: readonly string[], notes: string[]): Map<string, WebServer[]> {
  const proxies = Object.values(spec.proxies ?? {})
  const busy = new Set([
    ...proxies.flatMap((p) => p.nodes ?? []),
    ...proxies.flatMap((p) => Object.keys(spec.vips?.[p.vip ?? '']?.peers ?? {})),
  ])
  const byAddress = new Map(netsOf(spec).map(({ node, inet }) => [inet.value, node]))
  const web = new Map<string, WebServer[]>()
  for (const [pool, { servers }] of Object.entries(spec.pools ?? {}))
    for (const [name, server] of Object.entries(servers)) {
      const inet = parseInet(server.address ?? spec.nodes[server.node ?? '']?.address ?? '')
      const node = server.node ?? (inet === undefined ? undefined : byAddress.get(inet.value))
      const here = inet !== undefined && subnets.some((subnet) => contains(subnet, inet))
      if (inet === undefined || !here || (node !== undefined && busy.has(node))) {
        notes.push(
          `no server is made for ${pool}/${name}: ${here ? `${node} runs a proxy` : 'its address is outside the lab'}`,
        )
        continue
      }
      const member = node ?? `srv-${inet.address.replace(/[.:]+/g, '-')}`
      const list = web.get(member) ?? []
      if (!list.some((s) => s.port === server.port))
        list.push({ name, addresses: [inet.address], port: server.port })
      web.set(member, list)
    }
  return web
}

function memberOf(draft: Draft, index: number, bridges: Topology['bridges']): Member {
  const nics = draft.nets.map(({ interface: name, inet }, i) => ({
    interface: name,
    port: `p${index}-${i}`,
    bridge: bridges.find(({ subnet }) => subnet === subnetOf(inet))?.name ?? '',
    // 02: locally administered, unicast (IEEE 802).
    mac: ['02', '68', '61', hex(index >> 8), hex(index & 255), hex(i)].join(':'),
    addresses: [`${inet.address}/${inet.prefix}`],
  }))
  return { name: draft.name, kind: draft.kind, nics, web: draft.web }
}
const hex = (value: number): string => value.toString(16).padStart(2, '0')
