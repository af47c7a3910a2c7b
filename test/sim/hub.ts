// The hub as nodes see it: the newest revision, nothing, or a lie.
import type { Heard } from '../../agent/order-book.ts'
import type { Fetched, Source } from '../../agent/world.ts'
import type { Order, OrderKind } from '../../spec/order.ts'

export const LIES = ['older', 'garbage', 'other'] as const
export type Lie = (typeof LIES)[number]

export type HubModel = {
  up: boolean
  /** Every node's next fetch gets this lie. */
  lie(what: Lie): void
  /** With confirmMs it waits so long for confirm(). */
  push(fetched: Fetched): void
  /** A person confirms the newest revision; who can reach the hub hears it. */
  confirm(): void
  /** Revision that was confirmed last; 0 where the hub cannot be heard. */
  confirmed(reachable: boolean): number
  /** A person orders this of a node; with leftMs it ends by itself. */
  order(kind: OrderKind, about: string, leftMs?: number): void
  /** Ends an order; without `kind` all of them. */
  endOrders(kind?: OrderKind, about?: string): void
  /** What is said to this node; undefined where the hub cannot be heard. */
  orders(about: string, reachable: boolean): Heard | undefined
  /** As node `name` sees it; `seen` is the highest revision that node accepted. */
  source(name: string, reachable: () => boolean, seen: () => number): Source
}

export function createHub(nowMs: () => number): HubModel {
  const pushed: Fetched[] = []
  const pushedAtMs = new Map<number, number>()
  let confirmed = 0
  let given = 0
  let orders: readonly (Order & { readonly endsAtMs: number })[] = []
  const lies = new Map<string, Lie>()
  const names = new Set<string>()
  const leftMs = ({ confirmMs, revision }: Fetched): number | undefined =>
    confirmMs === undefined || revision <= confirmed
      ? undefined
      : Math.max(0, confirmMs - (nowMs() - (pushedAtMs.get(revision) ?? 0)))
  const said = ({ endsAtMs, ...order }: (typeof orders)[number]): Order =>
    Number.isFinite(endsAtMs) ? { ...order, leftMs: Math.max(0, endsAtMs - nowMs()) } : order
  const hub: HubModel = {
    up: true,
    lie: (what) => {
      for (const name of names) lies.set(name, what)
    },
    push: (fetched) => {
      pushed.push(fetched)
      pushedAtMs.set(fetched.revision, nowMs())
    },
    confirm: () => {
      const newest = pushed.at(-1)
      if (hub.up && newest !== undefined && (leftMs(newest) ?? 0) > 0) confirmed = newest.revision
    },
    order: (kind, about, leftMs) => {
      hub.endOrders(kind, about)
      const endsAtMs = leftMs === undefined ? Number.POSITIVE_INFINITY : nowMs() + leftMs
      const order = { kind, about, by: 'sim', reason: '', at: 0, endsAtMs }
      orders = [...orders, { ...order, id: `o${++given}` }]
    },
    endOrders: (kind, about) => {
      orders = orders.filter(
        (one) => kind !== undefined && (one.kind !== kind || one.about !== about),
      )
    },
    orders: (about, reachable) =>
      hub.up && reachable
        ? { lifted: [], orders: orders.filter((one) => one.about === about).map(said) }
        : undefined,
    confirmed: (reachable) => (hub.up && reachable ? confirmed : 0),
    source: (name, reachable, seen) => {
      names.add(name)
      let last = ''
      return {
        name: 'hub',
        fetch: async () => {
          if (!hub.up || !reachable()) throw new Error('connect ECONNREFUSED')
          const newest = pushed.at(-1)
          const lie = lies.get(name)
          lies.delete(name)
          const answer =
            lie === undefined || newest === undefined ? newest : lied(lie, pushed, newest, seen())
          if (answer === undefined) return undefined
          const { confirmMs: _, ...rest } = answer
          const key = JSON.stringify(rest)
          if (key === last) return undefined
          last = key
          const left = leftMs(answer)
          return left === undefined ? rest : { ...rest, confirmMs: left }
        },
      }
    },
  }
  return hub
}

function lied(lie: Lie, pushed: readonly Fetched[], newest: Fetched, seen: number): Fetched {
  const first = pushed[0] ?? newest
  if (lie === 'garbage') return { ...newest, body: newest.body.slice(0, 40) }
  if (lie === 'older') return first
  // Another text for a revision: only what the node has seen already can be told from the truth.
  return { ...first, body: first.body, revision: seen }
}
