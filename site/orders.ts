// The orders of operators at the hub: durable, said to the agents, and shown as the agents say they are followed.
import type { Cluster } from '../spec/cluster.ts'
import { ORDER_FORGOTTEN_MS, ORDERS_MAX } from '../spec/limits.ts'
import { type Order, type OrderStatus, serverOf } from '../spec/order.ts'
import type { Orders as OrdersMessage } from '../spec/protocol.ts'
import type { Summary } from '../spec/report.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'
import type { Static } from '@sinclair/typebox'
import type { HubDeps } from './deps.ts'
import type { Feed } from './feed.ts'
import type { Fleet } from './fleet.ts'
import { shownOrders } from './orders-shown.ts'
import type { Session } from './session.ts'
import type { Lift, StoredOrder } from './store-orders.ts'
import type { Guard } from './write-guard.ts'

export type OrderKey = Pick<Order, 'kind' | 'about'>
export type Orders = {
  list(): readonly StoredOrder[]
  give(order: StoredOrder): void
  /** Ends it, wherever it was given. Ids of what was. */
  lift(key: OrderKey, nodes: readonly NodeStatus[]): readonly string[]
  /** To an agent that comes, where there is something to say; what it should no longer have, it is told when it says so. */
  greet(session: Session, node: string): void
  /** To all of them that said who they are, and to those who read along. */
  tell(sessions: Iterable<Session>, readers: Pick<Feed, 'touch'>): void
  /**
   * True when the agents must hear what is left: an order about this node ended there, an end was heard, or the node follows
   * what is no longer ordered. A full disk keeps an order in force here; the node says again what ended there.
   */
  heard(node: string, summary: Summary): boolean
  /** Ends what is over. True when something was. */
  tick(): boolean
  shown(status: ClusterStatus, cluster: Cluster | undefined): readonly OrderStatus[]
  /** Grows with every change. */
  version(): number
}

/** A kind that a newer agent knows is just not the same. */
type Keyed = { readonly kind: string; readonly about: string }
const same = (a: Keyed, b: OrderKey): boolean => a.kind === b.kind && a.about === b.about

/** Such orders that people gave on nodes. */
const onNodes = (key: OrderKey, nodes: readonly NodeStatus[]): readonly Lift[] =>
  nodes.flatMap(({ node, summary }) =>
    (summary?.orders ?? [])
      .filter((one) => one.here && same(one, key))
      .map(({ id }) => ({ id, node })),
  )

const messageOf = (
  node: string,
  orders: readonly StoredOrder[],
  lifts: readonly Lift[],
  now: number,
): Static<typeof OrdersMessage> => ({
  type: 'orders',
  orders: orders
    .filter((one) => one.about === node || serverOf(one.about) !== undefined)
    .map(({ until, ...order }) =>
      until === undefined ? order : { ...order, leftMs: Math.max(0, until - now) },
    ),
  lifted: lifts.filter((one) => one.node === node).map(({ id }) => id),
})

export function createOrders(
  { store, clock }: Pick<HubDeps, 'store' | 'clock'>,
  write: Guard['write'],
): Orders {
  let orders = store.orders()
  let lifts = store.lifts()
  let version = 0
  let forgotten = 0
  const again = () => {
    orders = store.orders()
    lifts = store.lifts()
    version++
  }
  const end = (ids: readonly string[], more: readonly Lift[] = []) => {
    store.endOrders(ids, more)
    again()
  }
  const messageTo = (node: string) => messageOf(node, orders, lifts, clock.now())
  return {
    list: () => orders,
    give(order) {
      store.giveOrder(order)
      again()
    },
    lift(key, nodes) {
      const mine = orders.filter((one) => same(one, key)).map(({ id }) => id)
      const theirs = onNodes(key, nodes)
      const fresh = theirs.filter(({ id }) => !lifts.some((one) => one.id === id))
      const room = fresh.slice(0, Math.max(0, ORDERS_MAX - lifts.length))
      if (mine.length + room.length > 0) end(mine, room)
      return [...mine, ...theirs.map(({ id }) => id)]
    },
    tell(sessions, readers) {
      for (const session of sessions) {
        const node = session.node()
        if (node !== undefined) session.send(messageTo(node))
      }
      readers.touch()
    },
    greet(session, node) {
      const message = messageTo(node)
      if (message.orders.length + message.lifted.length > 0) session.send(message)
    },
    heard(node, { orders: said = [], ordersOver: over = [] }) {
      // A node speaks for itself alone: what it says of a server ends nothing for the others.
      const ended = orders.filter((one) => one.about === node && over.includes(one.id))
      const gone = lifts.filter((one) => one.node === node && !said.some(({ id }) => id === one.id))
      const stale = said.some(({ id, here }) => !here && !orders.some((one) => one.id === id))
      if (ended.length + gone.length === 0) return stale
      return write(() => {
        store.forgetLifts(gone.map(({ id }) => id))
        end(ended.map(({ id }) => id))
      })
    },
    tick() {
      const now = clock.now()
      const old = orders.filter(({ at }) => now - at >= ORDER_FORGOTTEN_MS).length
      // What time alone makes of an order is a change too.
      if (old !== forgotten) version++
      forgotten = old
      const over = orders.filter(({ until }) => until !== undefined && until <= now)
      return over.length > 0 && write(() => end(over.map(({ id }) => id)))
    },
    shown: (status, cluster) => shownOrders(orders, status, cluster),
    version: () => version,
  }
}

/** The status with the orders in it. */
export const withOrders = (
  fleet: Fleet,
  orders: Orders,
  cluster: () => Cluster | undefined,
): Fleet => ({
  ...fleet,
  status: () => {
    const status = fleet.status()
    const shown = orders.shown(status, cluster())
    return shown.length === 0 ? status : { ...status, orders: [...shown] }
  },
  version: () => fleet.version() + orders.version(),
})
