// What the picture shows: every thing of the spec on the way of a request, with its live state. Pure.
import { poolsInExtra } from '../../../spec/routes.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { ClusterStatus, NodeStatus, VipStatus } from '../../../spec/status.ts'
import { healthOf, type Said } from '../health.ts'
import { CONDITION, type Tone, worse, worst } from '../words.ts'
import { storageOf } from './storage.ts'

/** On the way of a request, from left to right. */
export const COLUMNS = ['clients', 'vip', 'balancer', 'pool', 'server', 'storage'] as const
export type Column = (typeof COLUMNS)[number]
export type Box = {
  /** Column and name: 'vip:web'. */
  readonly id: string
  readonly column: Column
  readonly title: string
  /** The state in words. */
  readonly says: string
  /** Where it is. */
  readonly detail: string
  readonly tone: Tone
  readonly href?: string
  /** Known only as long as these nodes are heard. */
  readonly knownBy: readonly string[]
}
/** flow: traffic goes here now. idle: it would, if it had to. bad: it should and cannot. unknown: nobody tells. */
export type EdgeTone = 'bad' | 'flow' | 'idle' | 'unknown'
export type Edge = { readonly from: string; readonly to: string; readonly tone: EdgeTone }
export type Graph = { readonly boxes: readonly Box[]; readonly edges: readonly Edge[] }

const VIP: Readonly<Record<VipStatus['state'], readonly [Tone, EdgeTone, string]>> = {
  held: ['ok', 'flow', 'held by'],
  none: ['bad', 'bad', 'NOBODY holds it'],
  split: ['bad', 'bad', 'SPLIT BRAIN'],
  unknown: ['off', 'unknown', 'holder UNKNOWN'],
}

type Input = { readonly cluster: Cluster; readonly status: ClusterStatus }
type Known = Input & {
  readonly nodes: ReadonlyMap<string, NodeStatus>
  readonly vips: ReadonlyMap<string, VipStatus>
  /** By "pool/server", in the words of a holder where one speaks. */
  readonly health: ReadonlyMap<string, Said>
}

function vipGraph({ cluster, vips }: Known): Graph {
  const boxes = cluster.vips.map(({ name, nets }): Box => {
    const vip = vips.get(name)
    const [tone, , words] = VIP[vip?.state ?? 'unknown']
    const held = vip?.state === 'held'
    const nodes = vip?.holders.map((h) => h.node) ?? []
    return {
      ...{ id: `vip:${name}`, column: 'vip', tone, href: `#vip-${name}` },
      title: name,
      detail: nets.map((net) => net.address).join(' '),
      says: held ? `${words} ${nodes.join(' + ')}` : words,
      knownBy: nodes,
    }
  })
  const edges = cluster.vips.flatMap(({ name, peers }): Edge[] => {
    const vip = vips.get(name)
    const [, tone] = VIP[vip?.state ?? 'unknown']
    const holds = new Set(vip?.holders.map((h) => h.node))
    return [
      { from: 'clients', to: `vip:${name}`, tone },
      ...peers.map(
        ({ node }): Edge => ({
          ...{ from: `vip:${name}`, to: `node:${node}` },
          tone: holds.has(node) ? tone : tone === 'unknown' ? tone : 'idle',
        }),
      ),
    ]
  })
  return { boxes, edges }
}

/** Nodes that may hold a vip or run a proxy. */
function balancersOf(cluster: Cluster): readonly string[] {
  const named = [
    ...cluster.vips.flatMap((vip) => vip.peers.map((peer) => peer.node)),
    ...cluster.proxies.flatMap((proxy) => proxy.nodes),
    ...cluster.lvs.flatMap((lvs) => lvs.directors),
  ]
  return [...new Set(named)]
}

function nodeBox(known: Known, name: string): Box {
  const node = known.nodes.get(name)
  const [tone] = CONDITION[node?.condition ?? 'Unknown']
  const holds = known.status.vips.filter((vip) => vip.holders.some((h) => h.node === name))
  const role = holds.length === 0 ? '' : ` · holds ${holds.map((vip) => vip.vip).join(', ')}`
  return {
    ...{ id: `node:${name}`, column: 'balancer', title: name, tone, href: `/nodes/${name}` },
    says: `${node?.condition ?? 'Unknown'}${role}`,
    detail: known.cluster.nodes.find((one) => one.name === name)?.net.address ?? '',
    knownBy: node === undefined || node.stale ? [] : [name],
  }
}

type Member = {
  readonly name: string
  readonly machine: string
  readonly title: string
  readonly off: string
}
type Group = {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly detail: string
  readonly vips: readonly string[]
  readonly nodes: readonly string[]
  readonly members: readonly Member[]
}

/** Pools of proxies and virtual services of LVS: who leads to them, and who is in them. */
function groupsOf(cluster: Cluster): readonly Group[] {
  const names = new Map(cluster.nodes.map((node) => [node.net.address, node.name]))
  const machine = (address: string) => names.get(address) ?? address
  const pools = cluster.pools.map((pool): Group => {
    const by = cluster.proxies.filter(
      (proxy) =>
        proxy.pool === pool.name ||
        proxy.routes.some((r) => r.pool === pool.name) ||
        [...proxy.pools, ...poolsInExtra(proxy.extra)].includes(pool.name),
    )
    const vips = by.flatMap((proxy) => (proxy.vip === undefined ? [] : [proxy.vip]))
    return {
      ...{ id: `pool:${pool.name}`, name: pool.name, title: pool.name, vips },
      detail: `${pool.mode}, ${pool.balance}`,
      nodes: [...new Set(by.flatMap((proxy) => proxy.nodes))],
      members: pool.servers.map((server) => ({
        name: server.name,
        machine: machine(server.address),
        title: names.get(server.address) ?? server.name,
        off: server.backup ? 'backup' : server.state === 'ready' ? '' : server.state,
      })),
    }
  })
  const services = cluster.lvs.map(
    (lvs): Group => ({
      ...{ id: `pool:${lvs.name}`, name: lvs.name, title: lvs.name },
      detail: `LVS ${lvs.method}, ${lvs.scheduler}`,
      ...{ vips: [lvs.vip], nodes: lvs.directors },
      members: lvs.servers.map((real) => ({
        ...{ name: real.name, title: real.node ?? real.name, off: '' },
        machine: real.node ?? machine(real.addresses[0]?.address ?? real.name),
      })),
    }),
  )
  return [...pools, ...services]
}

const WORD: Readonly<Record<Tone, string>> = {
  ok: 'up',
  warn: 'in between',
  bad: 'down',
  off: 'unknown',
}
/** "3 up, 1 down": how many of each, the worst last seen first. */
export function tally(tones: readonly Tone[]): string {
  const by = Map.groupBy(tones, (tone) => tone)
  return [...by]
    .sort(([a], [b]) => worse(a, b))
    .map(([tone, all]) => `${all.length} ${WORD[tone]}`)
    .join(', ')
}
/** A pool serves as long as one of its servers does. */
export const toneOfMany = (tones: readonly Tone[]): Tone =>
  tones.length === 0 || tones.every((tone) => tone === tones[0])
    ? (tones[0] ?? 'off')
    : tones.includes('ok')
      ? 'warn'
      : worst(tones)

const memberTone = (known: Known, group: Group, member: Member): Tone => {
  return known.health.get(`${group.name}/${member.name}`)?.tone ?? 'off'
}

function poolGraph(known: Known, groups: readonly Group[]): Graph {
  const boxes = groups.map((group): Box => {
    const tones = group.members.map((member) => memberTone(known, group, member))
    return {
      ...{ id: group.id, column: 'pool', title: group.title, tone: toneOfMany(tones) },
      ...{ says: tally(tones), detail: group.detail },
      ...{ href: `/pools/${group.name}`, knownBy: [] },
    }
  })
  const edges = groups.flatMap((group) =>
    group.nodes.map((node): Edge => {
      const holds = group.vips.some((vip) =>
        known.vips.get(vip)?.holders.some((h) => h.node === node),
      )
      return { from: `node:${node}`, to: group.id, tone: holds ? 'flow' : 'idle' }
    }),
  )
  return { boxes, edges }
}

const EDGE: Readonly<Record<Tone, EdgeTone>> = {
  ok: 'flow',
  warn: 'idle',
  bad: 'bad',
  off: 'unknown',
}

function serverGraph(known: Known, groups: readonly Group[]): Graph {
  const all = groups.flatMap((group) =>
    group.members.map((member) => ({ group, member, tone: memberTone(known, group, member) })),
  )
  const boxes = [...Map.groupBy(all, ({ member }) => member.machine)].map(
    ([machine, here]): Box => {
      const bad = here.filter(({ tone }) => tone === 'bad')
      const tones = here.map(({ tone }) => tone)
      const one = here[0]?.member.title ?? machine
      return {
        ...{ id: `server:${machine}`, column: 'server', title: one, tone: worst(tones) },
        detail: here.map(({ member }) => member.name).join(', '),
        says:
          bad.length > 0 && bad.length < here.length
            ? `down: ${bad.map(({ member }) => member.name).join(', ')}`
            : here.length === 1
              ? (known.health.get(`${here[0]?.group.name}/${here[0]?.member.name}`)?.server
                  .status ?? 'not told')
              : tally(tones),
        ...(known.nodes.has(machine) ? { href: `/nodes/${machine}` } : {}),
        knownBy: [],
      }
    },
  )
  const edges = all.map(
    ({ group, member, tone }): Edge => ({
      ...{ from: group.id, to: `server:${member.machine}` },
      tone: tone === 'ok' && member.off !== '' ? 'idle' : EDGE[tone],
    }),
  )
  return { boxes, edges }
}

/** Everything, however many: `collapse` makes a picture of it that fits. */
export function graphOf({ cluster, status }: Input): Graph {
  const known: Known = {
    ...{ cluster, status },
    nodes: new Map(status.nodes.map((node) => [node.node, node])),
    vips: new Map(status.vips.map((vip) => [vip.vip, vip])),
    health: healthOf(status),
  }
  const groups = groupsOf(cluster)
  const vips = vipGraph(known)
  const pools = poolGraph(known, groups)
  const servers = serverGraph(known, groups)
  const tones = vips.boxes.map((box) => box.tone)
  const clients: Box = {
    ...{ id: 'clients', column: 'clients', title: 'clients', detail: '', knownBy: [] },
    tone: toneOfMany(tones),
    says: tones.every((tone) => tone === 'ok') ? 'find every address' : 'see the addresses',
  }
  const upper = [...vips.boxes, ...balancersOf(cluster).map((name) => nodeBox(known, name))]
  const storage = storageOf(known, new Set([...upper, ...servers.boxes].map((box) => box.id)))
  const boxes = [clients, ...upper, ...pools.boxes, ...servers.boxes, ...storage.boxes]
  return {
    boxes: cluster.vips.length === 0 ? boxes.slice(1) : boxes,
    edges: [...vips.edges, ...pools.edges, ...servers.edges, ...storage.edges],
  }
}
