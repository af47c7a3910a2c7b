// Faults from their beginning to their end: kept as alerts, and told to people as the newest spec says.
import type { Cluster } from '../spec/cluster.ts'
import { severityOf } from '../spec/faults.ts'
import type { Notice, NodeSeen, OpenFault, Sender, View } from '../spec/notice.ts'
import { createNotices, type Policy } from '../spec/notices.ts'
import { TOPICS, type Topic } from '../spec/notify.ts'
import type { AlertRecord, ClusterStatus, NodeStatus } from '../spec/status.ts'
import type { HubDeps } from './deps.ts'
import type { StoredAlert } from './store.ts'
import { GRACE_MS } from './vips.ts'
import { othersOf } from './watch.ts'
import type { Guard } from './write-guard.ts'

export type HubNotify = {
  /** A measured gap of a move, kept until the move is told. */
  gap(vip: string, ms: number): void
  /** Sends what is due. Called by the hub's tick; false in the grace after a start, when it does nothing. */
  tick(status: () => ClusterStatus, cluster: Cluster | undefined): boolean
  /** Alerts that are open, in the order of their beginning. */
  open(): readonly AlertRecord[]
  /** Keeps when each open alert was last seen. */
  close(): void
  /** Nothing is open, held back or counted: without a change there is nothing to say. */
  idle(): boolean
}

/** Alerts that a full disk keeps from being stored. */
const UNSAVED_MAX = 1_000
/** Nothing is sent, but what is open and who holds what stay known. */
const SILENT: Policy = { on: [], repeatMs: 600_000, messagesMax: 1 }

/** A node that never had an agent (a web server in the spec, say) is not silent. */
function nodeSeen({ node, stale, summary, condition }: NodeStatus): NodeSeen {
  const silent = stale && summary !== undefined
  const failing = condition === 'Stalled' || condition === 'Degraded'
  const ready = condition === 'Ready'
  return {
    ...{ node, stale: silent, ready, failing },
    failed: stale || ready ? '' : (summary?.failed ?? ''),
    wanted: summary?.wanted ?? '',
    revision: summary?.wantedRevision ?? 0,
    reason: summary?.reason ?? '',
  }
}

function viewOf(
  status: ClusterStatus,
  cluster: Cluster,
  mono: number,
  others: ReturnType<typeof othersOf>,
): View {
  const takeover = new Map(cluster.vips.map((vip) => [vip.name, vip.takeoverMs]))
  return {
    mono,
    wall: status.now,
    self: '',
    vips: status.vips.map(({ vip, addresses, state, holders }) => ({
      ...{ vip, addresses, state, holders: holders.map((h) => h.node) },
      takeoverMs: takeover.get(vip) ?? 0,
    })),
    nodes: status.nodes.map(nodeSeen),
    others,
  }
}

/** Of a newer version's store: as bad as most. */
const topicOf = (word: string): Topic => TOPICS.find((topic) => topic === word) ?? 'failed'
export const toRecord = (alert: StoredAlert): AlertRecord => ({
  ...alert,
  severity: severityOf(topicOf(alert.topic), alert.key),
})

const sameAs = (one: OpenFault) => (other: OpenFault) =>
  other.key === one.key && other.since === one.since
const stored = (one: OpenFault, seen: number | undefined, closed: number | null): StoredAlert => ({
  ...{ key: one.key, topic: one.topic, about: one.about, text: one.words, since: one.since },
  ...{ seen: seen ?? one.since, closed, seq: 0 },
})

/** What began and what ended from one look at the open faults to the next. */
function createAlerts(kept: readonly OpenFault[]) {
  let open = kept
  let seen: ReadonlyMap<string, number> = new Map()
  const openNow = () => open.map((one) => stored(one, seen.get(one.key), null))
  return {
    open: openNow,
    look(now: readonly OpenFault[], seenNow: ReadonlyMap<string, number>, wall: number) {
      const over = open.filter((one) => !now.some(sameAs(one)))
      const ended = over.map((one) => stored(one, seen.get(one.key), wall))
      const fresh = now.filter((one) => !open.some(sameAs(one)))
      open = now
      seen = seenNow
      return { ended, begun: fresh.map((one) => stored(one, seen.get(one.key), null)) }
    },
  }
}

type Say = (kind: 'notify' | 'alert', text: string) => void

function send({ courier }: HubDeps, notice: Notice, cluster: Cluster, say: Say): void {
  if (cluster.notify === undefined) return
  const { hubUrl } = cluster
  const sender: Sender = {
    ...{ cluster: cluster.name, by: 'hub', because: '' },
    ...(hubUrl !== undefined && { hubUrl }),
  }
  courier.send(notice, sender, cluster.notify, ({ way, ok, again, text }) => {
    const what = ok ? 'told' : again ? 'cannot tell yet' : 'cannot tell'
    say('notify', `${what} by ${way}: "${notice.title}": ${text}`)
  })
}

export function createHubNotify(
  deps: HubDeps,
  guard: Guard,
  /** Makes an event of the hub. */
  say: Say,
  /** Hears of every alert that began or ended. */
  onAlert: (alert: AlertRecord) => void,
): HubNotify {
  const { clock, store } = deps
  const settledAt = clock.monotonic() + GRACE_MS
  const kept = store.told()
  const notices = createNotices(kept, { mono: clock.monotonic(), wall: clock.now() })
  const gaps = new Map<string, number>()
  const alerts = createAlerts(kept.open)
  let saved = JSON.stringify(kept)
  /** Begun or ended, and not on disk yet. */
  let unsaved: readonly StoredAlert[] = []

  const look = () => {
    const { begun, ended } = alerts.look(notices.told().open, notices.seen(), clock.now())
    unsaved = [...unsaved, ...begun, ...ended].slice(-UNSAVED_MAX)
    for (const alert of [...ended, ...begun]) {
      onAlert(toRecord(alert))
      // What the spec alone says is told with the spec.
      if (alert.topic !== 'single-point')
        say('alert', `${alert.closed === null ? '' : 'over: '}${alert.text}`)
    }
  }
  const save = (more: readonly StoredAlert[] = []) => {
    const told = notices.told()
    const text = JSON.stringify(told)
    if (text === saved && unsaved.length + more.length === 0) return
    if (!guard.write(() => store.saveTold(told, [...unsaved, ...more]))) return
    saved = text
    unsaved = []
  }
  return {
    gap: (vip, ms) => {
      if (ms > 0) gaps.set(vip, ms)
    },
    tick(status, cluster) {
      const mono = clock.monotonic()
      if (cluster === undefined || mono < settledAt) return false
      const now = status()
      const others = othersOf(now, guard.fault(), deps.shownUntil?.())
      const due = notices.step(viewOf(now, cluster, mono, others), cluster.notify ?? SILENT, gaps)
      gaps.clear()
      look()
      // Kept first: a hub that dies here has told once too little, never twice.
      save()
      for (const notice of due) send(deps, notice, cluster, say)
      return true
    },
    idle: notices.idle,
    open: () => alerts.open().map(toRecord),
    close: () => save(alerts.open()),
  }
}
