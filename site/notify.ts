// Tells people, as the newest spec says: the hub sees the whole cluster, so one message per event is one message.
import type { Cluster } from '../spec/cluster.ts'
import type { Notice, NodeSeen, Sender, View } from '../spec/notice.ts'
import { createNotices, type Policy } from '../spec/notices.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'
import type { HubDeps } from './deps.ts'
import { GRACE_MS } from './vips.ts'

export type HubNotify = {
  /** A measured gap of a move, kept until the move is told. */
  gap(vip: string, ms: number): void
  /** Sends what is due. Called by the hub's tick; false in the grace after a start, when it does nothing. */
  tick(status: () => ClusterStatus, cluster: Cluster | undefined): boolean
  /** Nothing is open, held back or counted: without a change there is nothing to say. */
  idle(): boolean
}

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

function viewOf(status: ClusterStatus, cluster: Cluster, mono: number): View {
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
  }
}

export function createHubNotify(
  deps: HubDeps,
  /** Runs a write that may fail. */
  write: (work: () => void) => boolean,
  /** Makes an event of the hub. */
  say: (text: string) => void,
): HubNotify {
  const { clock, store, courier } = deps
  const settledAt = clock.monotonic() + GRACE_MS
  const kept = store.told()
  const notices = createNotices(kept, { mono: clock.monotonic(), wall: clock.now() })
  const gaps = new Map<string, number>()
  let saved = JSON.stringify(kept)

  const save = () => {
    const told = notices.told()
    const text = JSON.stringify(told)
    if (text === saved) return
    if (write(() => store.saveTold(told))) saved = text
  }
  const send = (notice: Notice, cluster: Cluster) => {
    if (cluster.notify === undefined) return
    const { hubUrl } = cluster
    const sender: Sender = {
      ...{ cluster: cluster.name, by: 'hub', because: '' },
      ...(hubUrl !== undefined && { hubUrl }),
    }
    courier.send(notice, sender, cluster.notify, ({ way, ok, again, text }) => {
      const what = ok ? 'told' : again ? 'cannot tell yet' : 'cannot tell'
      say(`${what} by ${way}: "${notice.title}": ${text}`)
    })
  }
  return {
    gap: (vip, ms) => {
      if (ms > 0) gaps.set(vip, ms)
    },
    tick(status, cluster) {
      const mono = clock.monotonic()
      if (cluster === undefined || mono < settledAt) return false
      const due = notices.step(viewOf(status(), cluster, mono), cluster.notify ?? SILENT, gaps)
      gaps.clear()
      // Kept first: a hub that dies here has told once too little, never twice.
      save()
      for (const notice of due) send(notice, cluster)
      return true
    },
    idle: notices.idle,
  }
}
