// One simulated machine: a fake host, an agent that can be killed between any two effects, and what the scenario did to it.
import { NO_SECRET } from '../../spec/secret.ts'
import { openMemory } from '../../agent/memory.ts'
import type { Answerer } from '../../agent/outside/answer.ts'
import { createAsk } from '../../agent/outside/ask.ts'
import { DRAIN_LOOK_MS, type DrainDeps, drainLook, keepsVip } from '../../agent/drain.ts'
import { type Heard, pauseOf } from '../../agent/order-book.ts'
import { HERE_FILE, tellOrders } from '../../agent/orders.ts'
import { type Agent, pass } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { askersOf, createPeers } from '../../agent/peers.ts'
import type { Facts } from '../../agent/plan/types.ts'
import { currentCluster } from '../../agent/target.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import type { Host, Random, Source } from '../../agent/world.ts'
import type { Question } from '../../spec/verify.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { createFakeHost, type FakeHost } from '../fakes/host.ts'
import { type AskerIs, answererOf, PEER_PORT } from './outside.ts'
import { clockOf, type Timeline } from './timeline.ts'

export const STATE = '/var/lib/hactl'
const ORDER_FILES = [`${STATE}/orders.json`, `${STATE}/${HERE_FILE}`]
const INTERVAL_MS = 2_000
const AGAIN_MS = 100

export type SimNode = {
  readonly name: string
  readonly address: string
  readonly fake: FakeHost
  /** Powered. */
  up: boolean
  agent: Agent | undefined
  diskFull: boolean
  clockOffsetMs: number
  /** Effects until kill -9 of the agent; undefined: none is planned. */
  killAt: number | undefined
  /** The scenario, not the agent, made the proxy stop; until it serves again. */
  excused: boolean
  /** Text a hand wrote over haproxy.cfg. */
  handText: string | undefined
  /** When the spec that is tried began to be waited for; undefined: nothing unproved is on the machine. */
  tryingSinceMs: number | undefined
  /** Start of the pass that goes on. */
  passAtMs: number
  /** What it is worth when another node asks it to look. */
  asker: AskerIs
  answerer: Answerer | undefined
  /** Its health file tells keepalived to let go; it outlives the agent, not the machine. */
  givenUp: boolean
  /** Id of the pause in force when its pass began; not while a trial of before is still to be ended. */
  pausedBy: string | undefined
  /** Life of the agent: effects of an older one never return. */
  life: number
}
export type NodeDeps = {
  readonly timeline: Timeline
  readonly random: Random
  readonly source: (node: SimNode) => Source
  /** Revision that the hub calls confirmed; 0 where it cannot be heard. */
  readonly confirmed: (node: SimNode) => number
  /** What another machine answers; undefined when it cannot be reached. */
  readonly reach: (
    from: SimNode,
    url: string,
    headers: Readonly<Record<string, string>>,
  ) => string | undefined
  /** What an asker sees of another machine; undefined: no seed for that, nobody is asked. */
  readonly knock: ((from: SimNode, question: Question) => number) | undefined
  readonly verify: (from: SimNode, url: string) => Promise<string | undefined>
  /** All orders of the hub for this node; undefined where it cannot be heard. Absent: no orders in this run, nothing looks for them. */
  readonly orders?: (node: SimNode) => Heard | undefined
  /** After each effect. */
  readonly onEffect: (node: SimNode, what: string, path: string) => void
  readonly onPass: (node: SimNode, servedBefore: boolean) => void
  readonly onDeath: (node: SimNode) => void
}

export const createNode = (name: string, address: string): SimNode => ({
  name,
  address,
  fake: createFakeHost(),
  up: true,
  agent: undefined,
  diskFull: false,
  clockOffsetMs: 0,
  killAt: undefined,
  excused: true,
  handText: undefined,
  tryingSinceMs: undefined,
  passAtMs: 0,
  givenUp: false,
  pausedBy: undefined,
  asker: 'true',
  answerer: undefined,
  life: 0,
})

/** A process that was killed never comes back from its call. */
const never = <T>(): Promise<T> => new Promise(() => undefined)

export function kill(node: SimNode): void {
  node.life++
  node.agent = undefined
  node.killAt = undefined
}

/** The fake host with time in every call, a full disk, and death before or after an effect. */
function hostOf(node: SimNode, deps: NodeDeps): Host {
  const life = node.life
  const { host } = node.fake
  const doing = async <T>(what: string, path: string, work: () => Promise<T>): Promise<T> => {
    await deps.timeline.sleep(deps.random.between(0, 3))
    if (node.life !== life) return never()
    const dies = node.killAt !== undefined && node.killAt-- <= 0
    if (dies && deps.random.between(0, 1) === 0) return die()
    const answer = await work()
    deps.onEffect(node, what, path)
    return dies ? die() : answer
  }
  const die = <T>(): Promise<T> => {
    kill(node)
    deps.onDeath(node)
    return never()
  }
  const { supervisor } = host
  return {
    // Without time or chance where no order is: seeds from before there were any keep their meaning.
    read: (p) =>
      ORDER_FILES.includes(p) && node.fake.disk.read(p) === undefined
        ? host.read(p)
        : doing('read', p, () => host.read(p)),
    write: (p, body, mode, gid) =>
      doing('write', p, async () => {
        if (node.diskFull) throw new Error('ENOSPC: no space left on device')
        return host.write(p, body, mode, gid)
      }),
    rename: (from, to) => doing('write', to, () => host.rename(from, to)),
    remove: (p) => doing('remove', p, () => host.remove(p)),
    list: (d) => doing('list', d, () => host.list(d)),
    run: (argv, timeoutMs) => doing('run', '', () => host.run(argv, timeoutMs)),
    addresses: () => doing('addresses', '', () => host.addresses()),
    interfaces: () => doing('interfaces', '', () => host.interfaces()),
    addAddress: (at) => doing('add-address', '', () => host.addAddress(at)),
    removeAddress: (at) => doing('remove-address', '', () => host.removeAddress(at)),
    signal: (pid, signal) => doing('signal', '', () => host.signal(pid, signal)),
    sysctl: (key) => doing('sysctl', '', () => host.sysctl(key)),
    setSysctl: (key, value) => doing('set-sysctl', '', () => host.setSysctl(key, value)),
    cannotBind: (bind) => doing('bind', '', () => host.cannotBind(bind)),
    ask: (socket, command) => doing('ask', '', () => host.ask(socket, command)),
    get: (url, headers, timeoutMs) =>
      doing('get', '', async () => {
        if (url.includes('/v1/verify?')) {
          const body = await deps.verify(node, url)
          return { status: body === undefined ? 0 : 200, body: body ?? '', headers: {} }
        }
        if (!url.endsWith('/v1/peer')) {
          // DEAF: it loads and says so, and does not answer a client.
          const deaf = node.fake.daemons.loaded('haproxy')?.includes('DEAF') === true
          const answer = await host.get(url, headers, timeoutMs)
          return deaf ? { ...answer, status: 0 } : answer
        }
        const body = deps.reach(node, url, headers)
        return { status: body === undefined ? 0 : 200, body: body ?? '', headers: {} }
      }),
    knock: (question) => doing('knock', '', async () => deps.knock?.(node, question) ?? 0),
    supervisor: {
      kind: 'builtin',
      status: (d) => doing('status', '', () => supervisor.status(d)),
      start: (d) => doing('start', '', () => supervisor.start(d)),
      reload: (d) => doing('reload', '', () => supervisor.reload(d)),
      restart: (d) => doing('restart', '', () => supervisor.restart(d)),
      stop: (d) => doing('stop', '', () => supervisor.stop(d)),
    },
  }
}

export const factsOf = (node: SimNode): Facts => {
  const facts = fakeFacts(node.name, node.address)
  return { ...facts, addresses: [...facts.addresses, ...node.fake.addresses] }
}

/** Starts the agent: it knows only what is on disk. Runs on the timeline until it is killed. */
export function start(node: SimNode, deps: NodeDeps): void {
  kill(node)
  const life = node.life
  const host = hostOf(node, deps)
  const { random } = deps
  const clock = clockOf(deps.timeline, () => node.clockOffsetMs)
  const world = { host, random, clock }
  const { knock } = deps
  const live = async (): Promise<void> => {
    const memory = await openMemory(host, STATE)
    const answerer =
      knock &&
      answererOf(
        node,
        clock,
        () => agent,
        (question) => knock(node, question),
      )
    node.answerer = answerer
    const door = { port: PEER_PORT, token: NO_SECRET }
    const hub = async () => undefined
    const ask = createAsk({ host, node: node.name, door, hub })
    const hear = askersOf(host, door).ask
    const outside = answerer && { ...answerer, ask, hear, useHub: () => undefined }
    const agent: Agent = {
      world,
      node: node.name,
      engines,
      memory,
      status: createStatus(world, memory, node.name, 'sim'),
      peers: createPeers(host, { port: PEER_PORT, token: NO_SECRET }),
      outside,
      sources: [deps.source(node)],
      facts: async () => {
        await host.addresses()
        return factsOf(node)
      },
      signal: new AbortController().signal,
      proofs: new Map(),
      state: emptyPassState(),
    }
    node.agent = agent
    while (node.life === life) {
      node.passAtMs = deps.timeline.elapsedMs()
      const begun = memory.meta().trying !== undefined
      node.pausedBy = begun ? undefined : pauseOf(memory.orders())?.id
      const served = node.fake.serving
      agent.state.confirmed = deps.confirmed(node)
      agent.state.heard = deps.orders?.(node)
      const { again, withinMs = INTERVAL_MS } = await pass(agent)
      if (node.life !== life) return
      deps.onPass(node, served)
      const ms = Math.min(INTERVAL_MS, withinMs) + random.between(0, 400)
      await deps.timeline.sleep(again ? AGAIN_MS : ms)
    }
  }
  if (deps.orders !== undefined) void drains(node, host, deps, life)
  // A memory that cannot be opened is an agent that ends: its supervisor starts it again.
  void live().catch(() => {
    if (node.life !== life) return
    kill(node)
    deps.onDeath(node)
  })
}

/** Beside the passes, as in an agent: the looks of a drained node, and what the health file makes of them. */
async function drains(node: SimNode, host: Host, deps: NodeDeps, life: number): Promise<void> {
  const { ask } = askersOf(host, { port: PEER_PORT, token: NO_SECRET })
  while (node.life === life) {
    const { agent } = node
    if (agent !== undefined) {
      const { memory, state, status } = agent
      const looks: DrainDeps = {
        ...{ node: node.name, clock: agent.world.clock, status, ask, drains: state.drains },
        cluster: () => currentCluster(agent),
        orders: memory.orders,
        hubMayForce: true,
        tell: () => tellOrders(agent),
      }
      await drainLook(looks)
      if (node.life !== life) return
      const keeps = keepsVip(looks, 'web')
      if (keeps !== undefined) node.givenUp = !keeps
    }
    await deps.timeline.sleep(DRAIN_LOOK_MS)
  }
}
