// IPVS around keepalived: what directors need of their kernel, and the whole of the real servers' side.
import { HOST_PREFIX } from '../../../spec/address.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { Facts, Provider, Want } from '../../plan/types.ts'
import { sysctlOf, type Wanted } from './sysctl.ts'
import { directedBy, type VirtualReal, type VirtualService, virtualServices } from './services.ts'

export const lvs = {
  name: 'lvs',
  compile: (cluster, facts) => {
    const directs = directedBy(cluster, facts.node)
    const serves = virtualServices(cluster).flatMap((service) =>
      [...service.servers, ...(service.sorry ? [service.sorry] : [])]
        .filter((real) => real.node === facts.node && !service.lvs.directors.includes(facts.node))
        .map((real) => ({ service, real })),
    )
    const parts = [
      ...directs.map((service) => directorOf(service)),
      ...serves.map(({ service, real }) => realServerOf(cluster, service, real, facts)),
    ]
    const settings = sysctlOf(
      cluster,
      facts.node,
      parts.flatMap((part) => part.settings),
    )
    return {
      wants: unique([...parts.flatMap((part) => part.wants), ...settings.wants], cluster, facts),
      notes: [...new Set([...parts.flatMap((part) => part.notes), ...settings.notes])],
    }
  },
} satisfies Provider

type Part = {
  readonly wants: readonly Want[]
  readonly settings: readonly Wanted[]
  readonly notes: readonly string[]
}

function directorOf({ lvs: { name, scheduler, method }, family }: VirtualService): Part {
  const forwarding = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  return {
    wants: [
      // keepalived ends, and every vip with it, when its checkers find no IPVS: the module comes before it.
      { kind: 'module', name: 'ip_vs', why: 'director of virtual services' },
      {
        kind: 'module',
        name: `ip_vs_${scheduler}`,
        why: `scheduler ${scheduler} of a virtual service`,
      },
      // A name that no section of a spec can have.
      { kind: 'packages', name: 'lvs.director', names: ['ipvsadm'] },
    ],
    settings: [
      {
        key: 'net.ipv4.vs.expire_nodest_conn',
        value: '1',
        why: 'clients of a server that left the table hear it at once, instead of waiting in silence',
      },
      ...(method === 'nat'
        ? [{ key: forwarding, value: '1', why: `virtual service ${name} forwards by NAT` }]
        : []),
    ],
    notes: [],
  }
}

function realServerOf(
  cluster: Cluster,
  service: VirtualService,
  real: VirtualReal,
  facts: Facts,
): Part {
  const { lvs: of, address, family } = service
  const why = `real server of virtual service ${of.name}`
  if (of.method === 'nat')
    return { wants: [], settings: [], notes: gateway(cluster, service, facts) }
  const prefix = HOST_PREFIX[family]
  if (of.method === 'dr') {
    return {
      wants: [{ kind: 'local-address', address: { interface: 'lo', address, prefix }, why }],
      settings: family === 4 ? silent(inboundOf(real, facts), why) : [],
      notes: [],
    }
  }
  // The kernel's own tunnel interfaces: they take what comes from any director (ip-tunnel(8)).
  const tunnel = family === 4 ? 'tunl0' : 'ip6tnl0'
  return {
    wants: [
      { kind: 'module', name: family === 4 ? 'ipip' : 'ip6_tunnel', why: `${why} by tunnel` },
      { kind: 'link', interface: tunnel, why },
      { kind: 'local-address', address: { interface: tunnel, address, prefix }, why },
    ],
    settings: family === 4 ? [...silent(inboundOf(real, facts), why), ...unfiltered(why)] : [],
    notes: [],
  }
}

/** A neighbour must never learn the vip from a real server: arp_ignore and arp_announce (ip-sysctl, LVS HOWTO 5). */
const silent = (inbound: string | undefined, why: string): readonly Wanted[] =>
  ['all', ...(inbound === undefined ? [] : [inbound])].flatMap((name) => [
    { key: `net.ipv4.conf.${name}.arp_ignore`, value: '1', why },
    { key: `net.ipv4.conf.${name}.arp_announce`, value: '2', why },
  ])

/** Clients arrive through the tunnel and are answered elsewhere. The kernel takes the larger of all and tunl0. */
const unfiltered = (why: string): readonly Wanted[] =>
  ['all', 'tunl0'].map((name) => ({ key: `net.ipv4.conf.${name}.rp_filter`, value: '0', why }))

const inboundOf = (real: VirtualReal, facts: Facts): string | undefined =>
  facts.addresses.find((a) => a.address === real.address)?.interface

/** NAT: answers must go back through the director that holds the vip; which gateway is the operator's to set. */
function gateway(
  cluster: Cluster,
  { lvs: of, family }: VirtualService,
  facts: Facts,
): readonly string[] {
  const group = cluster.vips.find((vip) => vip.name === of.vip)?.group
  const inner = cluster.vips
    .filter((vip) => group !== undefined && vip.group === group && vip.name !== of.vip)
    .flatMap((vip) => vip.nets.filter((net) => net.family === family).map((net) => net.address))
  const ways = facts.gateways?.filter((way) => way.includes(':') === (family === 6))
  if (inner.length === 0 || ways === undefined || ways.some((way) => inner.includes(way))) return []
  const now = ways.length === 0 ? 'it has none' : `it is ${ways.join(', ')}`
  return [
    `lvs ${of.name}: the default gateway of ${facts.node} must be ${inner.join(' or ')} (${now}): answers do not come back through the director`,
  ]
}

/** One want of each: several services may need the same, and the operator's own sections go first. */
function unique(wants: readonly Want[], cluster: Cluster, facts: Facts): readonly Want[] {
  const loaded = cluster.modules.filter((m) => m.nodes.includes(facts.node)).map((m) => m.name)
  const seen = new Map<string, Want>()
  for (const want of wants) {
    if (want.kind === 'module' && loaded.includes(want.name)) continue
    const key = keyOf(want)
    if (!seen.has(key)) seen.set(key, want)
  }
  return [...seen.values()]
}

const keyOf = (want: Want): string => {
  if (want.kind === 'module') return `module ${want.name}`
  if (want.kind === 'packages') return `packages ${want.name}`
  if (want.kind === 'sysctl') return `sysctl ${want.key}`
  if (want.kind === 'link') return `link ${want.interface}`
  return want.kind === 'local-address'
    ? `address ${want.address.interface}/${want.address.address}`
    : want.kind
}
