// Orders of operators on this node: taken from the hub and from the node itself, kept on disk, ended by time.
import { Value } from '@sinclair/typebox/value'
import type { Cluster } from '../spec/cluster.ts'
import type { OrderSaid } from '../spec/order.ts'
import { drainWord } from './drain.ts'
import { textOf } from './failure.ts'
import {
  heard,
  HereWord,
  type KeptOrder,
  type OrderBook,
  pauseOf,
  timed,
  toldHere,
  type Turned,
  withApplied,
} from './order-book.ts'
import type { Agent } from './pass.ts'
import { drainedKey, serverDrains, withDrained } from './server-drain.ts'

/** Written by `hactl pause --here` and its like into the state directory. */
export const HERE_FILE = 'order'
/** What is left of the time of an order is written down this often: after a restart it may last so much longer. */
const NOTE_MS = 10_000

/** The clock of one order in this process. */
export type OrderClock = {
  readonly leftMs: number
  /** Monotonic. */
  readonly atMs: number
  /** Wall clock of its end, for showing. */
  readonly until: number
}

/**
 * Takes what was heard, and ends what is over. Milliseconds until the next order ends; undefined when none does. The
 * book in memory counts, also where a full disk does not take it: it is written again with the next look.
 */
export async function watchOrders(agent: Agent): Promise<number | undefined> {
  const { memory, node, state, status, world } = agent
  const steps: ((book: OrderBook) => Turned)[] = []
  const said = state.heard
  if (said !== undefined) steps.push((book) => heard(book, said, node))
  state.heard = undefined
  const word = await wordHere(agent)
  if (word !== undefined) {
    const made = { node, id: world.random.id().slice(0, 40), at: world.clock.now() }
    steps.push((book) => toldHere(book, word, made))
  }
  let book = memory.orders()
  const says: string[] = []
  for (const step of steps) {
    const turned = step(book)
    book = turned.book
    says.push(...turned.says)
  }
  const left = countDown(agent, book)
  const turned = timed(book, ({ id }) => left.get(id) ?? 0)
  for (const text of [...says, ...turned.says]) status.event('access', text)
  await keep(agent, noted(turned.book, left))
  const ends = turned.book.orders.flatMap(({ id }) => left.get(id) ?? [])
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** What each order with an end has left, by the clock that no hand sets. */
function countDown({ state, world }: Agent, { orders }: OrderBook): ReadonlyMap<string, number> {
  const nowMs = world.clock.monotonic()
  const left = new Map<string, number>()
  for (const { id, leftMs } of orders) {
    if (leftMs === undefined) continue
    const known = state.orderClocks.get(id)
    const mine = known === undefined ? leftMs : known.leftMs - (nowMs - known.atMs)
    const now = Math.ceil(Math.min(leftMs, mine))
    const until = world.clock.now() + now
    if (known === undefined || leftMs < mine)
      state.orderClocks.set(id, { leftMs: now, atMs: nowMs, until })
    left.set(id, now)
  }
  for (const id of state.orderClocks.keys()) if (!left.has(id)) state.orderClocks.delete(id)
  return left
}

/** The time that is left, where it is due to be written down. */
const noted = (book: OrderBook, left: ReadonlyMap<string, number>): OrderBook => ({
  ...book,
  orders: book.orders.map((one) => {
    const leftMs = left.get(one.id)
    const due = leftMs !== undefined && (one.leftMs ?? 0) - leftMs >= NOTE_MS
    return due ? { ...one, leftMs } : one
  }),
})

async function wordHere({ memory, status, world }: Agent): Promise<HereWord | undefined> {
  const path = `${memory.directory}/${HERE_FILE}`
  try {
    const file = await world.host.read(path)
    if (file === undefined) return undefined
    await world.host.remove(path)
    const value: unknown = JSON.parse(file.body)
    if (Value.Check(HereWord, value)) return value
    status.event('agent', `cannot read the order in ${path}: it was taken away`)
  } catch (thrown) {
    status.event('agent', `cannot read the order in ${path}: ${textOf(thrown)}`)
  }
  return undefined
}

async function keep({ memory, status }: Agent, book: OrderBook): Promise<void> {
  try {
    await memory.keepOrders(book)
  } catch (thrown) {
    // It holds in this process; only a restart would forget it, and the hub says it again.
    status.event('agent', `cannot write down the orders: ${textOf(thrown)}`)
  }
}

/** What became of each order: at the end of a pass, and when a drain gets on. */
export function tellOrders(agent: Pick<Agent, 'memory' | 'node' | 'state' | 'status'>): void {
  const { memory, state, status } = agent
  const book = memory.orders()
  status.orders(
    book.orders.map((order): OrderSaid => {
      const { id, kind, about, by, reason, at, here } = order
      const clock = state.orderClocks.get(id)
      const until = clock === undefined ? {} : { until: clock.until }
      return { id, kind, about, by, reason, at, here, ...wordOf(agent, order, book), ...until }
    }),
  )
}

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0)

function wordOf(
  { node, state, status }: Pick<Agent, 'node' | 'state' | 'status'>,
  { id, kind, about }: KeptOrder,
  book: OrderBook,
): Pick<OrderSaid, 'is' | 'why'> {
  // A paused node has changed nothing since it took the order.
  if (kind === 'pause') return { is: 'done', why: '' }
  const { servers } = status.report()
  if (about === node)
    return drainWord(state.drains, status.summary().holds, sum(servers.map((s) => s.sessions)))
  const refused = state.servers.refused.get(id)
  if (refused !== undefined) return { is: 'waits', why: refused }
  const done = ` ${book.applied ?? ''} `.includes(` ${about} `)
  if (!done)
    return { is: 'waits', why: pauseOf(book) === undefined ? 'not yet' : 'the node is paused' }
  const mine = servers.filter((one) => `${one.pool}/${one.server}` === about)
  const left = sum(mine.map((one) => one.sessions))
  return { is: 'done', why: left === 0 ? '' : `${left} session${left === 1 ? '' : 's'} left` }
}

/** The spec as orders have it: with servers drained. Digest and text stay those of the spec. */
export function ordered(agent: Agent, cluster: Cluster): Cluster {
  const { memory, state, status, trust } = agent
  const health = status.report().servers
  state.servers = serverDrains(cluster, memory.orders(), health, trust === undefined)
  return withDrained(cluster, state.servers.drained)
}

/** What differs from the proved spec does so by an order that came or went: no drift. */
export const byOrder = ({ memory, state }: Agent): boolean =>
  (memory.orders().applied ?? '') !== drainedKey(state.servers.drained)

/** The node is in order, drained servers and all. */
export const keepApplied = (agent: Agent): Promise<void> =>
  keep(agent, withApplied(agent.memory.orders(), agent.state.servers.drained))
