// Which orders of operators hold on this node: what the hub says, what a person on the node says, and time. Pure.
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ORDERS_MAX } from '../spec/limits.ts'
import { oneOf } from '../spec/names.ts'
import { Order, orderWords, serverOf } from '../spec/order.ts'
import { drainedKey } from './server-drain.ts'

/** An order as it is kept on disk. */
export const KeptOrder = Type.Composite(
  [
    Order,
    Type.Object({
      here: Type.Boolean(),
      /** A server: it was drained here. */
      taken: Type.Optional(Type.Boolean()),
    }),
  ],
  { additionalProperties: true },
)
export type KeptOrder = Static<typeof KeptOrder>
export const OrderBook = Type.Object(
  {
    orders: Type.Array(KeptOrder, { maxItems: 2 * ORDERS_MAX }),
    /** Ids that ended here, newest last: a hub that says them again is not followed. */
    over: Type.Array(Type.String({ maxLength: 40 }), { maxItems: ORDERS_MAX }),
    /** Servers that were drained when this node was last in order: other ones now are an order, nobody's hand. Absent: none. */
    applied: Type.Optional(Type.String({ maxLength: 70 * 2 * ORDERS_MAX })),
  },
  { additionalProperties: false },
)
export type OrderBook = Static<typeof OrderBook>
export const NO_ORDERS: OrderBook = { orders: [], over: [] }

/** What the hub said last: everything that it wants of this node. */
export type Heard = { readonly orders: readonly unknown[]; readonly lifted: readonly string[] }

/** Written by `hactl pause --here` and its like: an order, or the end of every order of that kind about that. */
export const HereWord = Type.Object(
  {
    do: oneOf(['give', 'lift'], 'give it, or end all such orders'),
    kind: Order.properties.kind,
    /** A server as "pool/server". Absent: this node. */
    about: Type.Optional(Order.properties.about),
    by: Order.properties.by,
    reason: Order.properties.reason,
    leftMs: Order.properties.leftMs,
    force: Order.properties.force,
  },
  { additionalProperties: false },
)
export type HereWord = Static<typeof HereWord>

export type Turned = { readonly book: OrderBook; readonly says: readonly string[] }

const DONE = { pause: ['paused', 'resumed'], drain: ['drain', 'undrain'] } as const
const about = (order: Order): string =>
  serverOf(order.about) === undefined ? '' : ` ${order.about}`
const began = (order: Order): string => `${DONE[order.kind][0]}${about(order)} ${orderWords(order)}`
const ended = (order: Order, why: string): string => `${DONE[order.kind][1]}${about(order)}: ${why}`

/** Of this node, or of a server wherever it is balanced to. */
const isMine = (order: Order, node: string): boolean =>
  order.about === node || serverOf(order.about) !== undefined

const lesser = (a: number | undefined, b: number | undefined): { leftMs?: number } => {
  const leftMs = a === undefined ? b : b === undefined ? a : Math.min(a, b)
  return leftMs === undefined ? {} : { leftMs }
}

/**
 * The hub's orders are those it says now and no others. The time of an order never grows: a clock of the hub that was set
 * back must not prolong it. What a person gave on the node stays until it is lifted, there or at the hub.
 */
export function heard(book: OrderBook, { orders, lifted }: Heard, node: string): Turned {
  const wanted = orders
    .flatMap((one) => (Value.Check(Order, one) ? [one] : []))
    .filter((one) => isMine(one, node) && !book.over.includes(one.id))
    .slice(0, ORDERS_MAX)
  const kept = (one: KeptOrder) =>
    one.here ? !lifted.includes(one.id) : wanted.some(({ id }) => id === one.id)
  const gone = book.orders.filter((one) => !kept(one))
  const fresh = wanted.filter((one) => !book.orders.some(({ id }) => id === one.id))
  const stay = book.orders.filter(kept).map((one) => {
    const said = wanted.find(({ id }) => id === one.id)
    return { ...one, ...lesser(one.leftMs, said?.leftMs) }
  })
  return {
    book: { ...book, orders: [...stay, ...fresh.map((one) => ({ ...one, here: false }))] },
    says: [...gone.map((one) => ended(one, 'by the hub')), ...fresh.map(began)],
  }
}

const withOver = (book: OrderBook, gone: readonly KeptOrder[]): OrderBook => ({
  ...book,
  orders: book.orders.filter((one) => !gone.includes(one)),
  over: [...book.over, ...gone.map(({ id }) => id)].slice(-ORDERS_MAX),
})

/** A word of a person on the node: it wins over the hub's, whose orders it ends are not taken again. */
export function toldHere(
  book: OrderBook,
  { do: what, about: of, ...word }: HereWord,
  made: Pick<Order, 'id' | 'at'> & { readonly node: string },
): Turned {
  const { node, id, at } = made
  const order = { ...word, id, at, about: of ?? node, here: true }
  const same = book.orders.filter((one) => one.kind === order.kind && one.about === order.about)
  if (what === 'lift')
    return {
      book: withOver(book, same),
      says: same.map((one) => ended(one, 'by a person on this node')),
    }
  if (!isMine(order, node)) return { book, says: [] }
  const rest = book.orders.filter((one) => !(one.here && same.includes(one)))
  const orders = [...rest, order].slice(-2 * ORDERS_MAX)
  return { book: { ...book, orders }, says: [began(order)] }
}

/** Orders whose time is over end here, whatever the hub does. `leftMs` is asked for those with an end. */
export function timed(book: OrderBook, leftMs: (order: KeptOrder) => number): Turned {
  const gone = book.orders.filter((one) => one.leftMs !== undefined && leftMs(one) <= 0)
  return {
    book: gone.length === 0 ? book : withOver(book, gone),
    says: gone.map((one) => ended(one, 'its time is over')),
  }
}

export const pauseOf = ({ orders }: OrderBook): KeptOrder | undefined =>
  orders.find((one) => one.kind === 'pause')

export const drainOf = ({ orders }: OrderBook, node: string): KeptOrder | undefined =>
  orders.find((one) => one.kind === 'drain' && one.about === node)

/** These servers are drained now, by these orders. */
export function withApplied(book: OrderBook, drained: ReadonlySet<string>): OrderBook {
  const { applied: _, ...rest } = book
  const orders = book.orders.map((one) =>
    one.kind === 'drain' && drained.has(one.about) ? { ...one, taken: true } : one,
  )
  const applied = drainedKey(drained)
  return { ...rest, orders, ...(applied === '' ? {} : { applied }) }
}
