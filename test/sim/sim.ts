// One simulated run: everything that happens follows from the seed.
import type { Agent } from '../../agent/pass.ts'
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import { APPLYING_HEADER, NODE_HEADER } from '../../spec/report.ts'
import { fakeRandom } from '../fakes/random.ts'
import { CONFIRM_EVENTS, type Event, EVENTS, ORDER_EVENTS, OUTSIDE_EVENTS } from './events.ts'
import { createHub, type HubModel } from './hub.ts'
import {
  checkConverged,
  checkDiskLoads,
  checkOrder,
  checkPassServes,
  checkServing,
  checkTruth,
  type Checked,
  createNeverOlder,
  Violation,
} from './invariants.ts'
import { createNode, kill, type NodeDeps, type SimNode, start } from './node.ts'
import { NO_OUTSIDE, outsideOf } from './outside.ts'
import { drafts, type Push, type Pushed } from './specs.ts'
import { createOneTrial } from './trials.ts'
import { checkPaused, createTicking, hasOrders } from './orders.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createVrrp } from './vrrp.ts'
import type { Random } from '../../agent/world.ts'

const TICK_MS = 100
/** From this seed on specs may wait for a confirmation. */
export const CONFIRM_SEED_MIN = 500_000
/** From this seed on nodes ask each other from outside. */
export const OUTSIDE_SEED_MIN = 700_000
const FIRST_MS = 20_000
/** Longer than the longest retry of the agent (60 s) with two intervals. */
const QUIET_MS = 130_000
const RESTART_MS = 300
const LAST: readonly Push[] = ['good', 'good', 'good', 'again', 'again', 'bad', 'wire', 'emptied']
const LAST_OUTSIDE: readonly Push[] = ['shut', 'shut', 'shut', 'good']
/** Effects worth a line of the trace. */
const DOING = new Set(['write', 'start', 'reload', 'restart', 'stop', 'remove-address'])

export type Run = {
  readonly nodes: readonly SimNode[]
  readonly hub: HubModel
  readonly random: Random
  readonly timeline: Timeline
  readonly pushed: Pushed[]
  /** Nodes that reach no peer; "hub a" for the hub. */
  readonly cut: Set<string>
  /** With confirmMs it waits so long for a person's confirmation. */
  push(kind: Push, confirmMs?: number): void
  start(node: SimNode): void
  powerOff(node: SimNode): void
  shutRan: boolean
  /** Two holders have a cause in the scenario for the next while. */
  split(): void
  say(text: string): void
}
export type Result = { readonly failure: string | undefined; readonly trace: readonly string[] }

/** Runs one seed to its end or to the first violation; the trace tells what happened when. */
export async function simulate(seed: number, events = 14): Promise<Result> {
  const trace: string[] = []
  try {
    await scenario(seed, events, trace)
    return { failure: undefined, trace }
  } catch (thrown) {
    const failure = thrown instanceof Error ? `${thrown.name} ${thrown.message}` : String(thrown)
    const stack =
      thrown instanceof Violation || !(thrown instanceof Error) ? [] : [thrown.stack ?? '']
    return { failure, trace: [...trace, ...stack] }
  }
}

async function scenario(seed: number, events: number, trace: string[]): Promise<void> {
  const { run, tick, world } = build(seed, trace)
  const go = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += TICK_MS) {
      await run.timeline.advance(TICK_MS)
      tick()
    }
  }
  const table = [
    ...EVENTS,
    ...(seed >= CONFIRM_SEED_MIN ? CONFIRM_EVENTS : []),
    ...(seed >= OUTSIDE_SEED_MIN ? OUTSIDE_EVENTS : []),
    ...(hasOrders(seed) ? ORDER_EVENTS : []),
  ]
  const last = seed >= OUTSIDE_SEED_MIN ? [...LAST, ...LAST_OUTSIDE] : LAST
  run.push('good')
  for (const node of run.nodes) run.start(node)
  await go(FIRST_MS)
  await checkConverged(world)
  for (let n = 0; n < events; n++) {
    const event = table[run.random.between(0, table.length - 1)]
    if (event !== undefined) happen(run, event)
    await go(run.random.between(1, 60) * TICK_MS)
  }
  heal(run)
  await go(QUIET_MS / 2)
  run.shutRan = run.nodes.some((node) => {
    const { running } = node.agent?.status.summary() ?? {}
    return run.pushed.some((p) => p.cluster.digest === running && p.bad?.startsWith('SHUT'))
  })
  run.push(last[run.random.between(0, last.length - 1)] ?? 'good')
  await go(QUIET_MS / 2)
  await checkConverged(world)
  for (const node of run.nodes) kill(node)
}

function happen(run: Run, event: Event): void {
  const node = run.nodes[run.random.between(0, run.nodes.length - 1)]
  if (node === undefined) return
  run.say(`${event.name} (${node.name})`)
  event.do(run, node)
}

/** Everything the scenario broke is put right; what the agents broke is theirs. */
function heal(run: Run): void {
  run.say('everything heals')
  run.hub.up = true
  run.cut.clear()
  run.hub.endOrders()
  for (const node of run.nodes) {
    Object.assign(node, { diskFull: false, clockOffsetMs: 0, asker: 'true' })
    node.fake.taken.clear()
    if (!node.up) run.start(node)
  }
}

/** Every third cluster has three nodes. */
const machines = (seed: number): readonly SimNode[] =>
  [
    createNode('lb1', '172.18.67.13'),
    createNode('lb2', '172.18.67.14'),
    createNode('lb3', '172.18.67.15'),
  ].slice(0, seed % 3 === 0 ? 3 : 2)

/** What holds at any time, after every effect. */
function createAlways(world: Checked): () => void {
  const neverOlder = createNeverOlder()
  const oneTrial = createOneTrial()
  return () => {
    oneTrial(world)
    checkServing(world)
    checkDiskLoads(world)
    neverOlder(world)
  }
}

function summaryOf(
  { state, status }: Agent,
  headers: Readonly<Record<string, string>>,
  atMs: number,
): string {
  state.asked.set(headers[NODE_HEADER] ?? '', { applying: headers[APPLYING_HEADER] ?? '', atMs })
  return JSON.stringify(status.summary())
}

function powerOff(node: SimNode): void {
  kill(node)
  node.fake.reboot()
  Object.assign(node, { up: false, excused: true, givenUp: false })
}

function build(seed: number, trace: string[]) {
  const timeline = createTimeline()
  const random = fakeRandom(seed)
  const nodes = machines(seed)
  const hub = createHub(timeline.elapsedMs)
  const cut = new Set<string>()
  const pushed: Pushed[] = []
  const failedAtMs = new Map<string, number>()
  const next = drafts(random, nodes.length)
  const said = new Map<string, string>()
  let splitUntilMs = 0
  let violated: Violation | undefined
  const reachable = (a: SimNode, b: SimNode) => a.up && b.up && !cut.has(a.name) && !cut.has(b.name)
  const vrrp = createVrrp(nodes, reachable)
  const nowMs = timeline.elapsedMs
  const world: Checked = {
    nodes,
    pushed,
    vrrp,
    nowMs,
    reachable,
    splitUntilMs: () => splitUntilMs,
    shutRan: () => run.shutRan,
  }
  const ticking = createTicking(seed)
  const always = createAlways(world)
  /** Inside an agent's call a violation must not look like a failed effect: it is kept for the tick. */
  const hold = (check: () => void): void => {
    try {
      check()
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown
      violated ??= thrown
    }
  }
  const say = (text: string) => void trace.push(`${(nowMs() / 1000).toFixed(1)} s ${text}`)
  const deps: NodeDeps = {
    timeline,
    random,
    source: (node) =>
      hub.source(
        node.name,
        () => !cut.has(`hub ${node.name}`),
        () => node.agent?.memory.meta().seenRevision ?? 0,
      ),
    confirmed: (node) => hub.confirmed(!cut.has(`hub ${node.name}`)),
    ...(hasOrders(seed) && {
      orders: (node: SimNode) => hub.orders(node.name, !cut.has(`hub ${node.name}`)),
    }),
    reach: (from, url, headers) => {
      const to = nodes.find((n) => url.includes(`//${n.address}:`))
      if (to?.agent === undefined || !reachable(from, to)) return undefined
      return summaryOf(to.agent, headers, nowMs())
    },
    ...(seed < OUTSIDE_SEED_MIN ? NO_OUTSIDE : outsideOf({ nodes, reachable, timeline })),
    onEffect: (node, what, path) => {
      if (DOING.has(what)) say(`  ${node.name} ${what} ${path}`)
      hold(() => {
        always()
        checkPaused(node, what, path)
        if (what === 'write' && path === CONFIG_PATH) checkOrder(world, node, failedAtMs)
      })
    },
    onPass: (node, served) =>
      hold(() => {
        const summary = node.agent?.status.summary()
        const key = `${node.name} ${summary?.failed ?? ''}`
        if (summary?.failed !== '' && !failedAtMs.has(key)) failedAtMs.set(key, nowMs())
        const { condition, wantedRevision, reason } = summary ?? {}
        const line = `${node.name} ${condition} wanted ${wantedRevision}: ${reason}`
        if (said.get(node.name) !== line) say(line)
        said.set(node.name, line)
        checkPassServes(node, served)
        if (condition === 'Ready') checkReady(world, node)
      }),
    onDeath: (node) => {
      say(`${node.name}: the agent is dead`)
      void timeline.sleep(RESTART_MS).then(() => {
        if (node.up && node.agent === undefined) start(node, deps)
      })
    },
  }
  const run: Run = {
    nodes,
    hub,
    random,
    timeline,
    pushed,
    cut,
    say,
    shutRan: false,
    push: (kind, confirmMs) => {
      const spec = next.next(pushed.length + 1, kind, pushed.at(-1))
      pushed.push(spec)
      const { body, revision, allow } = spec
      hub.push({ body, revision, allow, ...(confirmMs === undefined ? {} : { confirmMs }) })
      const digest = spec.cluster.digest.slice(0, 8)
      const waits = confirmMs === undefined ? '' : `, ${confirmMs} ms to confirm it`
      say(`push of revision ${revision}, ${kind} ${spec.bad ?? ''} ${digest}${waits}`)
    },
    start: (node) => {
      node.up = true
      start(node, deps)
    },
    powerOff,
    split: () => {
      splitUntilMs = nowMs() + 15_000
    },
  }
  const tick = (): void => {
    if (cut.size > 0 || nodes.some((n) => !n.up) || !vrrp.agree()) run.split()
    vrrp.tick(nowMs())
    hold(() => {
      always()
      ticking(world)
    })
    if (violated !== undefined) throw violated
  }
  return { run, tick, world }
}

/** What the scenario did since the look of the pass is not the node's lie. */
function checkReady(world: Checked, node: SimNode): void {
  if (node.excused || node.handText !== undefined) return
  checkTruth({ ...world }, node)
}
