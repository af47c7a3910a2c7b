// What this node says of itself, kept in one place: the pass writes it, heartbeats and peers read it.
import type { Cluster } from '../spec/cluster.ts'
import { ORDERS_MAX } from '../spec/limits.ts'
import type { OrderSaid } from '../spec/order.ts'
import type {
  CertificateState,
  DaemonState,
  Finding,
  MountState,
  NodeEvent,
  Report,
  ServerHealth,
  Summary,
} from '../spec/report.ts'
import { isAnnounced } from './kinds/local-address.ts'
import type { Memory, Meta } from './memory.ts'
import type { KernelAddress, World } from './world.ts'

/** Worst first, so that what is cut off matters least. */
const FINDINGS_MAX = 100
const CERTIFICATES_MAX = 100

export type Status = {
  summary(): Summary
  report(): Report
  set(patch: {
    readonly condition: Summary['condition']
    readonly reason: string
    readonly failed?: string
    /** The step of the plan that is being done; the next word of the node takes it back. */
    readonly step?: string
  }): void
  holds(now: readonly string[]): void
  /** Vips that are given up, and for what. */
  unfit(why: 'health' | 'drain', vips: readonly string[]): void
  /** What became of the orders that this node took. */
  orders(now: readonly OrderSaid[]): void
  /** Announces that this node is about to try a spec; '' takes it back. */
  claim(digest: string): void
  details(patch: {
    readonly daemons?: readonly DaemonState[]
    readonly servers?: readonly ServerHealth[]
    readonly drift?: readonly string[]
    readonly steps?: readonly string[]
    readonly passMs?: number
    /** What the doctor found, worst first; at most FINDINGS_MAX are told. */
    readonly findings?: readonly Finding[]
    /** What the agent itself sees right now; told before what the doctor found. */
    readonly alarms?: readonly Finding[]
    /** The same of who else answers ARP for a vip of this node. */
    readonly strangers?: readonly Finding[]
    readonly mounts?: readonly MountState[]
    readonly certificates?: readonly CertificateState[]
    readonly recipient?: string
  }): void
  /** One event per text in a row: a reason that stays the same is said once. */
  event(kind: NodeEvent['kind'], text: string): void
  onChange(listener: () => void): void
  onEvent(listener: (event: NodeEvent) => void): void
}

type Details = Pick<
  Report,
  | 'daemons'
  | 'servers'
  | 'drift'
  | 'steps'
  | 'passMs'
  | 'findings'
  | 'mounts'
  | 'certificates'
  | 'recipient'
> & {
  readonly alarms: readonly Finding[]
  readonly strangers: readonly Finding[]
}
const NO_DETAILS: Details = {
  daemons: [],
  servers: [],
  drift: [],
  steps: [],
  passMs: 0,
  alarms: [],
  strangers: [],
}

/** Absent where there is nothing to say: a peer or hub of before does not know the words. */
function said(
  { trying, origin, confirmedRevision, lapsedRevision, outside }: Meta,
  claimed: string,
): Pick<Summary, 'applying' | 'origin' | 'confirmedRevision' | 'lapsedRevision' | 'outside'> {
  const applying = trying ?? claimed
  const from = `commit ${origin?.commit.slice(0, 12)} by ${origin?.author}`
  return {
    ...(applying === '' ? {} : { applying }),
    ...(origin === undefined ? {} : { origin: from.slice(0, 300) }),
    ...(confirmedRevision === undefined ? {} : { confirmedRevision }),
    ...(lapsedRevision === undefined ? {} : { lapsedRevision }),
    ...(outside === undefined ? {} : { outside }),
  }
}
const knownOf = (meta: Meta, failed: string) => ({
  failed: failed === '' ? meta.failedDigest : failed,
  wanted: meta.wantedDigest,
  wantedRevision: meta.wantedRevision,
  running: meta.runningDigest,
  runningRevision: meta.runningRevision,
})
const JUST_STARTED = {
  condition: 'Reconciling',
  reason: 'the agent has just started',
  failed: '',
} as const

function eventsOf(
  { random, clock }: World,
  redact: (text: string) => string,
): Pick<Status, 'event' | 'onEvent'> {
  let last: NodeEvent | undefined
  const hearers: ((event: NodeEvent) => void)[] = []
  return {
    event: (kind, said) => {
      const text = redact(said).slice(0, 1000)
      if (last?.kind === kind && last.text === text) return
      last = { id: random.id(), at: clock.now(), kind, text }
      for (const hear of hearers) hear(last)
    },
    onEvent: (listener) => {
      hearers.push(listener)
    },
  }
}

export function createStatus(
  world: World,
  memory: Memory,
  node: string,
  agentVersion: string,
  /** Takes what must not be seen out of every text that leaves the node here. */
  redact: (text: string) => string = (text) => text,
): Status {
  const boot = world.random.id()
  let now: Pick<Summary, 'condition' | 'reason' | 'failed' | 'step'> = JUST_STARTED
  let held: readonly string[] = []
  let details = NO_DETAILS
  let claimed = ''
  let more: More = { orders: [], health: [], drain: [] }
  const say = (next: More) => {
    if (JSON.stringify(moreOf(next)) === JSON.stringify(moreOf(more))) return
    more = next
    changed()
  }
  const listeners: (() => void)[] = []
  const events = eventsOf(world, redact)
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const summary = (): Summary => ({
    node,
    boot,
    ...now,
    ...knownOf(memory.meta(), now.failed),
    holds: [...held],
    ...said(memory.meta(), claimed),
    ...moreOf(more),
    ...overOf(memory.orders().over),
  })
  return {
    summary,
    report: () => reportOf(summary(), details, agentVersion),
    set: (patch) => {
      now = { failed: '', ...patch, reason: redact(patch.reason).slice(0, 4000) }
      changed()
    },
    holds: (next) => {
      if (next.join() === held.join()) return
      held = next
      changed()
    },
    unfit: (why, vips) => say({ ...more, [why]: vips }),
    orders: (orders) => say({ ...more, orders }),
    claim: (digest) => {
      if (digest === claimed) return
      claimed = digest
      changed()
    },
    details: (patch) => {
      details = {
        ...merged(details, redactedDetails(patch, redact)),
        ...seenOf({ ...details, ...redactedDetails(patch, redact) }),
      }
      changed()
    },
    event: events.event,
    onChange: (listener) => {
      listeners.push(listener)
    },
    onEvent: events.onEvent,
  }
}

type More = {
  readonly orders: readonly OrderSaid[]
  /** Vips that are given up for it. */
  readonly health: readonly string[]
  readonly drain: readonly string[]
}
/** Absent where there is none. */
function moreOf({ orders, health, drain }: More): Pick<Summary, 'orders' | 'unfit'> {
  const unfit = [...new Set([...health, ...drain])].sort()
  return {
    ...(orders.length === 0 ? {} : { orders: orders.slice(0, ORDERS_MAX) }),
    ...(unfit.length === 0 ? {} : { unfit }),
  }
}
const overOf = (over: readonly string[]) => (over.length === 0 ? {} : { ordersOver: [...over] })

function reportOf(
  summary: Summary,
  { alarms, strangers, findings, ...rest }: Details,
  agentVersion: string,
): Report {
  const seen = [...alarms, ...strangers]
  const found = seen.length === 0 ? findings : [...seen, ...(findings ?? [])]
  return { summary, ...rest, agentVersion, ...findingsOf(found) }
}

/** Absent until the first examination: no finding is not the same as not looked. */
const findingsOf = (findings: readonly Finding[] | undefined) =>
  findings === undefined ? {} : { findings: findings.slice(0, FINDINGS_MAX) }

/** Absent where there is none: a hub of before knows no such word. */
const mountsOf = (mounts: readonly MountState[] | undefined) =>
  mounts === undefined || mounts.length === 0 ? {} : { mounts: [...mounts] }

/** What always stands in a report: the last word on each. */
const merged = (was: Details, now: Parameters<Status['details']>[0]) => ({
  daemons: [...(now.daemons ?? was.daemons)],
  servers: [...(now.servers ?? was.servers)],
  drift: [...(now.drift ?? was.drift)],
  steps: [...(now.steps ?? was.steps)],
  ...{ alarms: now.alarms ?? was.alarms, strangers: now.strangers ?? was.strangers },
  passMs: now.passMs ?? was.passMs,
})

/** As for mounts. */
const certificatesOf = (certificates: readonly CertificateState[] | undefined) =>
  certificates === undefined || certificates.length === 0
    ? {}
    : { certificates: certificates.slice(0, CERTIFICATES_MAX) }

type Patch = Parameters<Status['details']>[0]
/** All that is words in it. */
function redactedDetails(patch: Patch, redact: (text: string) => string): Patch {
  const each = (all: readonly Finding[] | undefined) =>
    all?.map((one) => ({
      ...one,
      what: redact(one.what),
      why: redact(one.why),
      hint: redact(one.hint),
    }))
  const [findings, alarms] = [each(patch.findings), each(patch.alarms)]
  return {
    ...patch,
    ...(patch.drift && { drift: patch.drift.map(redact) }),
    ...(patch.steps && { steps: patch.steps.map(redact) }),
    ...(findings && { findings }),
    ...(alarms && { alarms }),
  }
}

type Seen = {
  readonly findings?: readonly Finding[]
  readonly mounts?: readonly MountState[]
  readonly certificates?: readonly CertificateState[]
  readonly recipient?: string
}
const seenOf = ({ findings, mounts, certificates, recipient }: Seen) => ({
  ...findingsOf(findings),
  ...mountsOf(mounts),
  ...certificatesOf(certificates),
  ...(recipient === undefined ? {} : { recipient }),
})

/** Addresses of vips that the kernel of this node has and announces now, as "vip/address", sorted. */
export function holdsOf(
  cluster: Cluster | undefined,
  addresses: readonly KernelAddress[],
): string[] {
  return (cluster?.vips ?? [])
    .flatMap((vip) =>
      vip.nets
        .filter((n) => addresses.some((a) => a.address === n.address && isAnnounced(a)))
        .map((n) => `${vip.name}/${n.address}`),
    )
    .sort()
}
