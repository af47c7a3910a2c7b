// Orders of operators on this node: taken from the hub and from the node itself, kept on disk, ended by time.
import { Value } from '@sinclair/typebox/value'
import type { OrderSaid } from '../spec/order.ts'
import { textOf } from './failure.ts'
import { heard, HereWord, type OrderBook, timed, toldHere, type Turned } from './order-book.ts'
import type { Agent } from './pass.ts'

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

/** At the end of a pass: what became of each order. A paused node has changed nothing since it took the order. */
export function tellOrders({ memory, state, status }: Agent): void {
  status.orders(
    memory.orders().orders.map(({ id, kind, about, by, reason, at, here }): OrderSaid => {
      const clock = state.orderClocks.get(id)
      const until = clock === undefined ? {} : { until: clock.until }
      const what = kind === 'pause' ? DONE : UNKNOWN
      return { id, kind, about, by, reason, at, here, ...what, ...until }
    }),
  )
}

const DONE = { is: 'done', why: '' } as const
const UNKNOWN = { is: 'waits', why: 'this agent cannot do that yet' } as const
