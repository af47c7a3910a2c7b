// The running hub behind the routes: store, fleet, feed and agent sessions, wired together.
import { NAME_PATTERN } from '../spec/names.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { FromHub } from '../spec/protocol.ts'
import type { NodeEvent } from '../spec/report.ts'
import type { AlertRecord } from '../spec/status.ts'
import type { HubDeps } from './deps.ts'
import { createFeed, type Feed } from './feed.ts'
import { createFiles, type Files } from './files.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { createHook, type Hook } from './hook.ts'
import { createNewest } from './newest.ts'
import { createLogDesk, type LogDesk } from './logs.ts'
import { createOrders, type Orders, withOrders } from './orders.ts'
import { createLive, type Live } from './page/live.ts'
import { createSession, type Session, type Wire } from './session.ts'
import { endRevoked, endSilent } from './session-ends.ts'
import { createRate, type Rate } from './rate.ts'
import { type Counts, createRecorder } from './recorder.ts'
import { createRefusals } from './refusals.ts'
import type { StoredSpec } from './store-revisions.ts'
import type { Who } from './tokens.ts'
import { createGuard, type Guard } from './write-guard.ts'

export const TICK_MS = 250
/** Also keeps '' for events of the hub itself. */
const NODE_NAME = new RegExp(NAME_PATTERN)

export type HubState = {
  readonly deps: HubDeps
  readonly fleet: Fleet
  readonly feed: Feed
  /** The pages, and those who watch them. */
  readonly live: Live
  newest(): StoredSpec | undefined
  /** Of the newest spec that this version accepts. */
  cluster(): Cluster | undefined
  readonly orders: Orders
  /** After an order was given or ended: agents are told at once. */
  ordersChanged(): void
  openAlerts(): readonly AlertRecord[]
  /** After a push: agents are told at once. */
  specChanged(): void
  readonly hook: Hook
  readonly logs: LogDesk
  readonly guard: Guard
  /** By address: how often wrong tokens may be tried. */
  readonly wrongTokens: Rate
  /** Since the start of this process, for metrics. */
  readonly counts: Counts
  /** An event of the hub itself. */
  note(kind: NodeEvent['kind'], text: string): void
  /** Ends what was let in by a token that is no longer good. */
  cutRevoked(): void
  openSession(wire: Wire, who: Who): Session
  sessions(): number
  /** Its agent is connected now. */
  speaks(node: string): boolean
  tick(): void
  close(): void
}

type Parts = {
  readonly files: Files
  readonly deps: HubDeps
  readonly fleet: Fleet
  readonly feed: Feed
  readonly newest: ReturnType<typeof createNewest>
  readonly recorder: ReturnType<typeof createRecorder>
  readonly sessions: Map<Session, Who>
  readonly logs: LogDesk
  /** A person confirmed the newest revision on this node: all are told. */
  readonly confirmHere: (node: string) => void
  readonly orders: Orders
  readonly ordersChanged: () => void
}

function openSession(
  { deps, fleet, feed, newest, recorder, sessions, files, logs, orders, ...parts }: Parts,
  wire: Wire,
  who: Who,
): Session {
  const session = createSession(
    {
      clock: deps.clock,
      onHello(hello, me) {
        if (!NODE_NAME.test(hello.node)) return 'bad node name'
        if (who.node !== undefined && who.node !== hello.node)
          return `this token is for ${who.node}`
        if (who.node === undefined && deps.book.enrolled(hello.node))
          return `${hello.node} has a token of its own: this one may not speak for it`
        const serving = newest.cluster()?.name ?? ''
        if (hello.cluster !== '' && serving !== '' && hello.cluster !== serving) {
          // An agent that was away while the cluster got another name learns it by looking at the newest spec.
          newest.tell(me)
          return `this hub serves cluster ${serving}`
        }
        for (const other of sessions.keys())
          if (other !== me && other.node() === hello.node) other.close(4001, 'replaced')
        if (!fleet.join(hello.node, hello.boot)) return 'too many agents'
        newest.tell(me)
        orders.greet(me, hello.node)
        return undefined
      },
      onSummary(node, summary) {
        recorder.counts.messages++
        recorder.outcome(node, summary)
        if (newest.waitsFor(summary.confirmedRevision)) parts.confirmHere(node)
        if (orders.heard(node, summary)) parts.ordersChanged()
        if (fleet.heartbeat(node, summary)) recorder.watch()
        else feed.touch()
      },
      onAgain(node) {
        recorder.counts.messages++
        fleet.heartbeatAgain(node)
      },
      onReport(node, report) {
        recorder.counts.messages++
        const moved = fleet.report(node, report)
        recorder.keep(node, report)
        recorder.outcome(node, report.summary)
        feed.touch()
        if (moved) recorder.watch()
      },
      onEvents(node, events) {
        recorder.counts.messages++
        return recorder.record(node, events)
      },
      onFiles(node, shown) {
        files.set(node, shown)
        feed.touch()
      },
      onLogs(id, lines) {
        logs.answered(session.node() ?? '', id, lines)
      },
      onVerify: newest.look,
      onEnd(me) {
        sessions.delete(me)
        const node = me.node()
        if (node !== undefined) fleet.leave(node, me.boot())
      },
    },
    wire,
  )
  sessions.set(session, who)
  return session
}

/** To every agent that said who it is. */
function sayToAll(sessions: ReadonlyMap<Session, Who>, message: FromHub): void {
  for (const session of sessions.keys()) if (session.node() !== undefined) session.send(message)
}

export function createState(deps: HubDeps): HubState {
  const { store, clock } = deps
  const guard = createGuard(deps)
  const orders = createOrders(deps, guard.write)
  const plain = createFleet(clock, store.reports(), store.holders())
  const newest = createNewest(deps, plain)
  const fleet = withOrders(plain, orders, newest.cluster)
  const feed = createFeed(clock, fleet.status)
  const sessions = new Map<Session, Who>()
  const recorder = createRecorder(deps, guard, fleet, feed, createRefusals(sessions))
  const files = createFiles()
  const live = createLive(
    { ...store, cluster: newest.cluster, files: files.of, moves: recorder.moves },
    deps.id,
  )
  const cutRevoked = () => {
    endRevoked(deps.book, sessions)
    feed.cut(deps.book.valid)
  }
  const hook = createHook(clock, () => sayToAll(sessions, { type: 'poll' }))
  const specChanged = () => {
    newest.use()
    for (const session of sessions.keys()) if (session.node() !== undefined) newest.tell(session)
    feed.touch()
  }
  const confirmHere = (node: string) => {
    const revision = newest.get()?.revision ?? 0
    if (!recorder.write(() => store.confirm(revision, clock.now()))) return
    deps.log(`hub: revision ${revision} was confirmed on ${node}`)
    specChanged()
  }
  const logs = createLogDesk(deps, (node) =>
    [...sessions.keys()].find((session) => session.node() === node),
  )
  const ordersChanged = () => orders.tell(sessions.keys(), feed)
  const parts: Parts = {
    ...{ deps, fleet, feed, newest, recorder, sessions, files, logs },
    ...{ confirmHere, orders, ordersChanged },
  }
  return {
    ...{ deps, hook, logs, fleet, feed, live, guard, orders, ordersChanged, specChanged },
    newest: newest.get,
    cluster: newest.cluster,
    openAlerts: recorder.openAlerts,
    wrongTokens: createRate(30, 1),
    counts: recorder.counts,
    note: recorder.own,
    cutRevoked,
    openSession: (wire, who) => openSession(parts, wire, who),
    sessions: () => sessions.size,
    speaks: (node) => [...sessions.keys()].some((session) => session.node() === node),
    tick() {
      cutRevoked()
      endSilent(sessions, clock.monotonic())
      hook.tick()
      if (orders.tick()) ordersChanged()
      recorder.watch()
      recorder.tell(newest.cluster())
      recorder.flush()
      guard.tick()
      feed.tick()
    },
    close() {
      for (const session of sessions.keys()) session.close(1001, 'hub stops')
      recorder.close()
      feed.close()
    },
  }
}
