// Which orders hold on a node: what the hub says, what a person on the node says, and time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  heard,
  type HereWord,
  NO_ORDERS,
  type OrderBook,
  pauseOf,
  timed,
  toldHere,
} from '../../agent/order-book.ts'
import type { Order } from '../../spec/order.ts'

const pause = (patch: Partial<Order> = {}): Order => ({
  ...{ id: 'p1', kind: 'pause', about: 'lb1', by: 'kim', reason: 'new kernel', at: 1, ...patch },
})
const hear = (book: OrderBook, orders: readonly unknown[], lifted: readonly string[] = []) =>
  heard(book, { orders, lifted }, 'lb1')
const here = (book: OrderBook, word: Partial<HereWord>, id = 'h1') =>
  toldHere(
    book,
    { do: 'give', kind: 'pause', by: 'ada', reason: '', ...word },
    { id, at: 2, node: 'lb1' },
  )
const ids = ({ orders }: OrderBook) => orders.map(({ id }) => id)

test('the orders of the hub are those it says last, and each change is said with who and why', () => {
  const first = hear(NO_ORDERS, [pause()])
  assert.deepEqual(ids(first.book), ['p1'])
  assert.deepEqual(first.says, ['paused by kim: new kernel'])
  assert.deepEqual(hear(first.book, [pause()]).says, [])
  const second = hear(first.book, [])
  assert.deepEqual([ids(second.book), second.says], [[], ['resumed: by the hub']])
})

test('what is about another node, of an unknown kind or no order at all is left out, the rest counts', () => {
  const said = [pause({ id: 'x', about: 'lb2' }), { ...pause(), kind: 'reboot' }, 7, pause()]
  assert.deepEqual(ids(hear(NO_ORDERS, said).book), ['p1'])
})

test('the time of an order never grows, whatever the hub says', () => {
  const { book } = hear(NO_ORDERS, [pause({ leftMs: 5_000 })])
  assert.equal(hear(book, [pause({ leftMs: 9_000 })]).book.orders[0]?.leftMs, 5_000)
  assert.equal(hear(book, [pause()]).book.orders[0]?.leftMs, 5_000)
  assert.equal(hear(book, [pause({ leftMs: 3_000 })]).book.orders[0]?.leftMs, 3_000)
})

test('what ended by its time is not taken again from a hub that goes on saying it', () => {
  const { book } = hear(NO_ORDERS, [pause({ leftMs: 5_000 })])
  assert.equal(timed(book, () => 1).book, book)
  const over = timed(book, () => 0)
  assert.deepEqual([ids(over.book), over.says], [[], ['resumed: its time is over']])
  assert.deepEqual(ids(hear(over.book, [pause({ leftMs: 5_000 })]).book), [])
  assert.equal(timed(hear(NO_ORDERS, [pause()]).book, () => 0).book.orders.length, 1)
})

test('a person on the node ends an order of the hub for good, and gives one that the hub does not end by silence', () => {
  const { book } = hear(NO_ORDERS, [pause()])
  const lifted = here(book, { do: 'lift' })
  assert.deepEqual(lifted.says, ['resumed: by a person on this node'])
  assert.deepEqual(ids(hear(lifted.book, [pause()]).book), [])
  const given = here(lifted.book, {})
  assert.equal(pauseOf(given.book)?.by, 'ada')
  assert.deepEqual(ids(hear(given.book, []).book), ['h1'])
  assert.deepEqual(ids(hear(given.book, [], ['h1']).book), [])
})

test('given again on the node it is one order, with the later words', () => {
  const first = here(NO_ORDERS, { leftMs: 1_000 })
  const second = here(first.book, { reason: 'longer' }, 'h2')
  assert.deepEqual(ids(second.book), ['h2'])
  assert.equal(pauseOf(second.book)?.leftMs, undefined)
})
