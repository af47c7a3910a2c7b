// What the hub hears and sees goes to disk, and to those who read along.
import type { Cluster } from '../spec/cluster.ts'
import type { NodeEvent, Report, Summary } from '../spec/report.ts'
import type { HubEvent } from '../spec/status.ts'
import type { HubDeps } from './deps.ts'
import type { Feed } from './feed.ts'
import type { Fleet } from './fleet.ts'
import { createMoves } from './moves.ts'
import { createHubNotify } from './notify.ts'
import { createResults, type Results } from './results.ts'
import { TRANSITIONS_KEPT_MAX } from './transition.ts'
import type { Guard } from './write-guard.ts'

/** A report goes to disk at most this often per node. */
const REPORT_FLUSH_MS = 5_000

export type Counts = {
  messages: number
  readonly moves: Map<string, { readonly count: number; readonly gapMs: number }>
}

function counted({ moves }: Counts, vip: string, gapMs: number): void {
  const { count = 0, gapMs: before = 0 } = moves.get(vip) ?? {}
  moves.set(vip, { count: count + 1, gapMs: gapMs > 0 ? gapMs : before })
}

/** False when there was nothing to store; what could not be stored stays pending. */
function saveOutcomes(results: Results, guard: Guard, store: HubDeps['store']): boolean {
  const outcomes = results.pending()
  if (outcomes.length === 0 || guard.fault() !== '') return false
  if (guard.write(() => store.saveResults(outcomes))) results.stored(outcomes)
  return true
}

type Hears = (node: string, summary: Summary) => void
const told =
  (results: Results, now: () => number, refused: Hears): Hears =>
  (node, summary) => {
    results.hear(node, summary, now())
    refused(node, summary)
  }

/** `refused` hears every summary as well: a spec may have failed there from outside. */
export function createRecorder(
  deps: HubDeps,
  guard: Guard,
  fleet: Fleet,
  feed: Feed,
  refused: Hears,
) {
  const { store, clock } = deps
  let faultTold = ''
  const unsaved = new Map<string, Report>()
  const results = createResults()
  const moves = createMoves(store.transitions(TRANSITIONS_KEPT_MAX))
  const counts: Counts = { messages: 0, moves: new Map() }
  let shown = -1
  let looked = -1
  let flushedAt = clock.monotonic()
  const record = (node: string, events: readonly NodeEvent[]): boolean => {
    let fresh: readonly HubEvent[] = []
    const stored = guard.write(() => {
      fresh = store.addEvents(node, events)
    })
    for (const event of fresh) feed.event(event)
    return stored
  }
  const save = () => guard.write(() => store.saveReports(unsaved, clock.now()))
  const own = (kind: NodeEvent['kind'], text: string) =>
    record('', [{ id: deps.id().slice(0, 40), at: clock.now(), kind, text: text.slice(0, 1000) }])
  const notify = createHubNotify(deps, guard, own, feed.alert)
  return {
    counts,
    own,
    write: guard.write,
    record,
    outcome: told(results, clock.now, refused),
    keep: (node: string, report: Report) => void unsaved.set(node, report),
    watch() {
      for (const { vip, words, text, gapMs } of fleet.transitions()) {
        counted(counts, vip, gapMs)
        own('transition', text)
        moves.add(clock.now(), text)
        notify.gap(vip, gapMs)
        guard.write(() => store.saveHolders(vip, words))
      }
      const now = fleet.version()
      if (now !== shown) feed.touch()
      shown = now
    },
    /** Tells people what is due. */
    tell(cluster: Cluster | undefined) {
      const now = fleet.version()
      if (now === looked && faultTold === guard.fault() && notify.idle()) return
      if (!notify.tick(fleet.status, cluster)) return
      fleet.tellAlerts(notify.open())
      faultTold = guard.fault()
      looked = fleet.version()
    },
    openAlerts: notify.open,
    moves: moves.list,
    close() {
      save()
      notify.close()
    },
    flush() {
      if (saveOutcomes(results, guard, store)) feed.touch()
      if (unsaved.size === 0 || clock.monotonic() - flushedAt < REPORT_FLUSH_MS) return
      flushedAt = clock.monotonic()
      if (save()) unsaved.clear()
    },
  }
}
