// What every agent last said, in memory, and what follows from it. No I/O: the clock is passed in, changes are handed out.
import type { Cluster } from '../spec/cluster.ts'
import { NODES_MAX, STALE_MS } from '../spec/limits.ts'
import type { Report, Summary } from '../spec/report.ts'
import type { ClusterStatus, NodeStatus, VipStatus } from '../spec/status.ts'
import { alertTexts } from './alerts.ts'
import type { Clock } from './deps.ts'
import { type Claim, GRACE_MS, type Heard, vipStatus } from './vips.ts'

/** Nodes of the spec and as many strangers again. */
export const AGENTS_MAX = 2 * NODES_MAX

type Agent = {
  readonly node: string
  boot: string
  connected: boolean
  heardAt: number | undefined
  claims: Map<string, Claim>
  summary: Summary | undefined
  report: Report | undefined
}
/** Newest spec as far as the fleet needs it. */
export type Wanted = {
  readonly revision: number
  readonly digest: string
  readonly cluster: Cluster
}
/** A confirmed change of a vip's holders. */
export type Transition = {
  readonly vip: string
  readonly words: string
  readonly text: string
  /** Time without a heard claim before the new holder's; 0 when none was measured. */
  readonly gapMs: number
}
export type Fleet = {
  setWanted(wanted: Wanted): void
  /** False when there are AGENTS_MAX already. */
  join(node: string, boot: string): boolean
  leave(node: string, boot: string): void
  heartbeat(node: string, summary: Summary): void
  report(node: string, report: Report): void
  status(): ClusterStatus
  /** Vips whose confirmed holders differ from the last call, with the measured gap. */
  transitions(): readonly Transition[]
  /** Nodes heard of, for bounding the store. */
  nodes(): readonly string[]
}

function applySummary(agent: Agent, summary: Summary, now: number): readonly string[] {
  const claims = new Map<string, Claim>()
  for (const key of summary.holds)
    claims.set(key, { since: agent.claims.get(key)?.since ?? now, lastAt: now })
  const released = [...agent.claims.keys()].filter((key) => !claims.has(key))
  agent.claims = claims
  agent.summary = summary
  agent.heardAt = now
  return released
}

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

/** Confirmed words of a vip, or undefined while nothing is certain: uncertainty is no transition. */
function words(vip: VipStatus): string | undefined {
  const nodes = vip.holders.map((h) => h.node).sort()
  if (vip.state === 'held') return nodes.join(' and ')
  if (vip.state === 'split') return `split: ${nodes.join(' and ')}`
  return vip.state === 'none' ? 'nobody' : undefined
}

function transitionText(vip: string, from: string | undefined, to: string, gapMs: number): string {
  if (to.startsWith('split: '))
    return `vip ${vip}: SPLIT BRAIN, ${to.slice(7)} hold the same address`
  if (to === 'nobody') return `vip ${vip}: nobody holds it (before: ${from ?? 'not known'})`
  if (from === undefined) return `vip ${vip}: held by ${to}`
  const gap = gapMs > 0 ? `; no claim was heard for ${(gapMs / 1000).toFixed(2)} s` : ''
  return `vip ${vip}: moved from ${from} to ${to}${gap}`
}

type Memory = {
  readonly agents: Map<string, Agent>
  /** Monotonic time since which nobody claimed the vip, or the end of its grace. */
  readonly quiet: Map<string, number>
  readonly said: Map<string, string>
  /** Last time anybody fresh claimed the vip. */
  readonly claimedAt: Map<string, number>
  readonly alertsSince: Map<string, number>
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
})

const heardOf = (agents: ReadonlyMap<string, Agent>): readonly Heard[] => [...agents.values()]

function transitionsOf(
  memory: Memory,
  vips: readonly VipStatus[],
  now: number,
): readonly Transition[] {
  return vips.flatMap((vip) => {
    const to = words(vip)
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

const vipsAt = ({ wanted, agents, quiet }: Memory, graceEnd: number, now: number) =>
  (wanted?.cluster.vips ?? []).map((vip) =>
    vipStatus(vip, heardOf(agents), quiet.get(vip.name) ?? graceEnd, now),
  )

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
    alerts: [...texts].map(([id, text]) => {
      const since = alertsSince.get(id) ?? clock.now()
      alertsSince.set(id, since)
      return { id, since, text }
    }),
    ...(wanted === undefined || wanted.cluster.singlePoints.length === 0
      ? {}
      : { singlePoints: [...wanted.cluster.singlePoints] }),
  }
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
    quiet: new Map(),
    said: new Map(holders),
    claimedAt: new Map(),
    alertsSince: new Map(),
    wanted: undefined,
  }
  const { agents, quiet } = memory
  for (const [node, report] of reports)
    agents.set(node, { ...fresh(node), report, summary: report.summary })

  const hear = (node: string, summary: Summary) => {
    const agent = agents.get(node)
    if (agent === undefined) return
    const now = clock.monotonic()
    for (const key of applySummary(agent, summary, now)) {
      const vip = key.split('/')[0] ?? ''
      quiet.set(vip, Math.max(now, quiet.get(vip) ?? 0))
    }
  }
  return {
    setWanted(next) {
      const known = new Set((memory.wanted?.cluster.vips ?? []).map((vip) => vip.name))
      const end = clock.monotonic() + GRACE_MS
      for (const vip of next.cluster.vips) if (!known.has(vip.name)) quiet.set(vip.name, end)
      memory.wanted = next
    },
    join(node, boot) {
      const agent = agents.get(node)
      if (agent === undefined && agents.size >= AGENTS_MAX) return false
      agents.set(node, { ...(agent ?? fresh(node)), boot, connected: true })
      return true
    },
    leave(node, boot) {
      const agent = agents.get(node)
      if (agent?.boot === boot) agent.connected = false
    },
    heartbeat: hear,
    report(node, report) {
      const agent = agents.get(node)
      if (agent !== undefined) agent.report = report
      hear(node, report.summary)
    },
    nodes: () => [...agents.keys()],
    transitions: () => {
      const now = clock.monotonic()
      return transitionsOf(memory, vipsAt(memory, times.graceEnd, now), now)
    },
    status: () => statusAt(memory, times, clock),
  }
}
