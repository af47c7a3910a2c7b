// What every agent last said, in memory, and what follows from it. No I/O: the clock is passed in, changes are handed out.
import type { Cluster } from '../spec/cluster.ts'
import { NODES_MAX, STALE_MS } from '../spec/limits.ts'
import type { Report, Summary } from '../spec/report.ts'
import type { Alert, AlertRecord, ClusterStatus, NodeStatus, VipStatus } from '../spec/status.ts'
import { alertTexts, slowAlerts } from './alerts.ts'
import { confirmLeft, type Wanted } from './confirm.ts'
import type { Clock } from './deps.ts'
import { holderWords, type Transition, transitionText } from './transition.ts'
import { type Claim, GRACE_MS, type Heard, vipStatus } from './vips.ts'

/** Nodes of the spec, and strangers. */
export const AGENTS_MAX = NODES_MAX + 500

type Agent = {
  readonly node: string
  boot: string
  connected: boolean
  heardAt: number | undefined
  claims: Map<string, Claim>
  summary: Summary | undefined
  report: Report | undefined
  /** As last noticed, so that falling silent is noticed once. */
  stale: boolean
}

export type Fleet = {
  setWanted(wanted: Wanted): void
  /** False when there are AGENTS_MAX already. */
  join(node: string, boot: string): boolean
  leave(node: string, boot: string): void
  /** True when the addresses it claims are others than before: whoever watches vips must look now. */
  heartbeat(node: string, summary: Summary): boolean
  /** The same words again: cheap, for it is what nearly every message is. */
  heartbeatAgain(node: string): void
  report(node: string, report: Report): boolean
  status(): ClusterStatus
  /** Open alerts; those that status() cannot see by itself are shown with it. */
  tellAlerts(open: readonly AlertRecord[]): void
  /** Grows with everything that status() shows, but ages. */
  version(): number
  /** Vips whose confirmed holders differ from the last call, with the measured gap. */
  transitions(): readonly Transition[]
  /** Nodes heard of, for bounding the store. */
  nodes(): readonly string[]
}

function applySummary(agent: Agent, summary: Summary, now: number): Changed {
  const claims = new Map<string, Claim>()
  for (const key of summary.holds)
    claims.set(key, { since: agent.claims.get(key)?.since ?? now, lastAt: now })
  const released = [...agent.claims.keys()].filter((key) => !claims.has(key))
  const claimed = [...claims.keys()].filter((key) => !agent.claims.has(key))
  agent.claims = claims
  agent.summary = summary
  agent.heardAt = now
  return { released, claimed }
}
type Changed = { readonly released: readonly string[]; readonly claimed: readonly string[] }

const isStale = ({ heardAt }: Agent, now: number): boolean =>
  heardAt === undefined || Math.round(now - heardAt) > STALE_MS

function nodeStatus(node: string, agent: Agent | undefined, now: number): NodeStatus {
  const ageMs = agent?.heardAt === undefined ? null : Math.max(0, Math.round(now - agent.heardAt))
  const stale = ageMs === null || ageMs > STALE_MS
  return {
    node,
    connected: agent?.connected ?? false,
    ageMs,
    stale,
    condition: stale || agent?.summary === undefined ? 'Unknown' : agent.summary.condition,
    ...(agent?.summary === undefined ? {} : { summary: agent.summary }),
    ...(agent?.report === undefined ? {} : { report: agent.report }),
  }
}

type Memory = {
  readonly agents: Map<string, Agent>
  /** Nodes that claim, or claimed, an address of a vip of the spec; with its peers all that a look at it needs. */
  readonly claimants: Map<string, Set<string>>
  version: number
  /** Vips and grace as last noticed. */
  noticed: string
  /** Monotonic time since which nobody claimed the vip, or the end of its grace. */
  readonly quiet: Map<string, number>
  readonly said: Map<string, string>
  /** Last time anybody fresh claimed the vip. */
  readonly claimedAt: Map<string, number>
  readonly alertsSince: Map<string, number>
  told: readonly Alert[]
  wanted: Wanted | undefined
}
type Times = {
  /** Wall clock. */
  readonly startedAt: number
  /** Monotonic: until then a vip that nobody claims is not yet missed. */
  readonly graceEnd: number
}

const fresh = (node: string): Agent => ({
  node,
  boot: '',
  connected: false,
  heardAt: undefined,
  claims: new Map(),
  summary: undefined,
  report: undefined,
  stale: true,
})

const vipOf = (key: string): string => key.split('/')[0] ?? ''

/** Peers and claimants of a vip, as far as they were heard of. */
function heardOf({ agents, claimants }: Memory, vip: Cluster['vips'][number]): readonly Heard[] {
  const names = new Set(vip.peers.map((peer) => peer.node))
  for (const name of claimants.get(vip.name) ?? []) names.add(name)
  return [...names].flatMap((name) => agents.get(name) ?? [])
}

function transitionsOf(
  memory: Memory,
  vips: readonly VipStatus[],
  now: number,
): readonly Transition[] {
  return vips.flatMap((vip) => {
    const to = holderWords(vip)
    const from = memory.said.get(vip.vip)
    const agents = vip.holders.map((h) => memory.agents.get(h.node))
    const sinces = agents.flatMap((a) =>
      [...(a?.claims ?? [])]
        .filter(([key]) => key.startsWith(`${vip.vip}/`))
        .map(([, c]) => c.since),
    )
    const last = memory.claimedAt.get(vip.vip)
    const gapMs = last === undefined || sinces.length === 0 ? 0 : Math.max(...sinces) - last
    if (vip.state === 'held' || vip.state === 'split')
      memory.claimedAt.set(vip.vip, now - Math.min(...vip.holders.map((h) => h.ageMs)))
    if (to === undefined || to === from) return []
    memory.said.set(vip.vip, to)
    return [{ vip: vip.vip, words: to, text: transitionText(vip.vip, from, to, gapMs), gapMs }]
  })
}

const vipsAt = (memory: Memory, graceEnd: number, now: number) =>
  (memory.wanted?.cluster.vips ?? []).map((vip) =>
    vipStatus(vip, heardOf(memory, vip), memory.quiet.get(vip.name) ?? graceEnd, now),
  )

/** What time alone changes: who is stale, what is known of vips, the end of the grace. */
function notice(memory: Memory, vips: readonly VipStatus[], graceEnd: number, now: number): void {
  for (const agent of memory.agents.values()) {
    const stale = isStale(agent, now)
    if (stale !== agent.stale) memory.version++
    agent.stale = stale
  }
  const known = vips.map(({ state, holders }) => `${state} ${holders.map((h) => h.node).join()}`)
  const noticed = `${now >= graceEnd} ${known.join(' ')}`
  if (noticed !== memory.noticed) memory.version++
  memory.noticed = noticed
}

function statusAt(memory: Memory, { startedAt, graceEnd }: Times, clock: Clock): ClusterStatus {
  const { agents, alertsSince, wanted } = memory
  const now = clock.monotonic()
  const names = (wanted?.cluster.nodes ?? []).map((node) => node.name)
  const known = new Set(names)
  const nodes = names.map((name) => nodeStatus(name, agents.get(name), now))
  const vips = vipsAt(memory, graceEnd, now)
  const texts = alertTexts(nodes, vips, now >= graceEnd)
  for (const id of alertsSince.keys()) if (!texts.has(id)) alertsSince.delete(id)
  return {
    now: clock.now(),
    hubStartedAt: startedAt,
    revision: wanted?.revision ?? 0,
    digest: wanted?.digest ?? '',
    cluster: wanted?.cluster.name ?? '',
    nodes,
    strangers: [...agents.values()]
      .filter((agent) => !known.has(agent.node))
      .map((agent) => nodeStatus(agent.node, agent, now)),
    vips,
    alerts: [
      ...[...texts].map(([id, text]) => {
        const since = alertsSince.get(id) ?? clock.now()
        alertsSince.set(id, since)
        return { id, since, text }
      }),
      ...memory.told,
    ],
    ...(wanted === undefined || wanted.cluster.singlePoints.length === 0
      ? {}
      : { singlePoints: [...wanted.cluster.singlePoints] }),
    ...confirmLeft(wanted?.waits, clock.now()),
  }
}

function claimed({ claimants, wanted }: Memory, node: string, keys: Iterable<string>): void {
  for (const vip of new Set([...keys].map(vipOf))) {
    if (wanted?.cluster.vips.some((one) => one.name === vip) !== true) continue
    claimants.set(vip, (claimants.get(vip) ?? new Set()).add(node))
  }
}

/** True when its claims changed. */
function heard(memory: Memory, agent: Agent, summary: Summary, now: number): boolean {
  const changed = applySummary(agent, summary, now)
  memory.version++
  for (const vip of changed.released.map(vipOf))
    memory.quiet.set(vip, Math.max(now, memory.quiet.get(vip) ?? 0))
  claimed(memory, agent.node, changed.claimed)
  return changed.released.length + changed.claimed.length > 0
}

function setWanted(memory: Memory, next: Wanted, graceEnd: number): void {
  const known = new Set((memory.wanted?.cluster.vips ?? []).map((vip) => vip.name))
  for (const vip of next.cluster.vips)
    if (!known.has(vip.name)) memory.quiet.set(vip.name, graceEnd)
  memory.wanted = next
  memory.version++
  memory.claimants.clear()
  for (const agent of memory.agents.values()) claimed(memory, agent.node, agent.claims.keys())
}

/** `reports` and `holders` are what the store remembers from before a restart: history, not knowledge. */
export function createFleet(
  clock: Clock,
  reports: ReadonlyMap<string, Report>,
  holders: ReadonlyMap<string, string>,
): Fleet {
  const times: Times = { startedAt: clock.now(), graceEnd: clock.monotonic() + GRACE_MS }
  const memory: Memory = {
    agents: new Map(),
    claimants: new Map(),
    version: 0,
    noticed: '',
    quiet: new Map(),
    said: new Map(holders),
    claimedAt: new Map(),
    alertsSince: new Map(),
    told: [],
    wanted: undefined,
  }
  const { agents } = memory
  for (const [node, report] of reports)
    agents.set(node, { ...fresh(node), report, summary: report.summary })
  const hear = (node: string, summary: Summary) => {
    const agent = agents.get(node)
    return agent !== undefined && heard(memory, agent, summary, clock.monotonic())
  }
  return {
    setWanted: (next) => setWanted(memory, next, clock.monotonic() + GRACE_MS),
    join(node, boot) {
      const agent = agents.get(node)
      if (agent === undefined && agents.size >= AGENTS_MAX) return false
      agents.set(node, { ...(agent ?? fresh(node)), boot, connected: true })
      memory.version++
      return true
    },
    leave(node, boot) {
      const agent = agents.get(node)
      if (agent?.boot !== boot) return
      agent.connected = false
      memory.version++
    },
    heartbeat: hear,
    heartbeatAgain(node) {
      const agent = agents.get(node)
      if (agent === undefined) return
      const now = clock.monotonic()
      agent.heardAt = now
      for (const claim of agent.claims.values()) claim.lastAt = now
    },
    report(node, report) {
      const agent = agents.get(node)
      if (agent !== undefined) agent.report = report
      return hear(node, report.summary)
    },
    tellAlerts(open) {
      const told = slowAlerts(open)
      if (JSON.stringify(told) === JSON.stringify(memory.told)) return
      memory.told = told
      memory.version++
    },
    version: () => memory.version,
    nodes: () => [...agents.keys()],
    transitions: () => {
      const now = clock.monotonic()
      const vips = vipsAt(memory, times.graceEnd, now)
      notice(memory, vips, times.graceEnd, now)
      return transitionsOf(memory, vips, now)
    },
    status: () => statusAt(memory, times, clock),
  }
}
