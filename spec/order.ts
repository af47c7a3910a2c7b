// What an operator orders beside the spec: pause a node, drain a node or a server. Never part of its digest.
import { type Static, Type } from '@sinclair/typebox'
import type { Cluster } from './cluster.ts'
import { ORDER_MS_MAX, ORDER_REASON_MAX } from './limits.ts'
import { NAME_PATTERN, oneOf } from './names.ts'

const closed = { additionalProperties: false }
export const ORDER_KINDS = ['pause', 'drain'] as const
export type OrderKind = (typeof ORDER_KINDS)[number]

/** A node, or a server of a pool or virtual service as "pool/server". */
export const ORDER_ABOUT = `${NAME_PATTERN.slice(0, -1)}(?:/${NAME_PATTERN.slice(1, -1)})?$`
const about = Type.String({ pattern: ORDER_ABOUT })

const given = {
  /** The same as long as it is in force; one that is given again has another. */
  id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }),
  kind: oneOf(ORDER_KINDS, 'what is ordered'),
  about,
  by: Type.String({ maxLength: 100 }),
  reason: Type.String({ maxLength: ORDER_REASON_MAX }),
  /** Wall clock where it was given, milliseconds since 1970; shown, never used for ordering. */
  at: Type.Integer(),
  /** Also where nobody else could serve. Absent: false. */
  force: Type.Optional(Type.Boolean()),
}

/** From the hub to an agent, and as an agent keeps it. Open: a newer hub may say more of it. */
export const Order = Type.Object(
  {
    ...given,
    /** What is left of its time. Absent: it holds until it is taken back. */
    leftMs: Type.Optional(Type.Integer({ minimum: 0, maximum: ORDER_MS_MAX })),
  },
  { additionalProperties: true },
)
export type Order = Static<typeof Order>

const told = {
  id: given.id,
  /** One of ORDER_KINDS, or a word of a newer agent. */
  kind: Type.String({ pattern: '^[a-z-]{1,20}$' }),
  about,
  by: given.by,
  reason: given.reason,
  at: given.at,
  /** Wall clock at which it ends by itself, for showing. Absent: when it is taken back. */
  until: Type.Optional(Type.Integer()),
}

/** An order in the words of a node that took it. */
export const OrderSaid = Type.Object(
  {
    ...told,
    /** Given on the node itself, not at the hub. */
    here: Type.Boolean(),
    is: oneOf(['done', 'waits'], 'done: it is so now; waits: not yet, or not any more'),
    /** What it waits for, or what is still to be seen of it; '' when there is nothing to say. */
    why: Type.String({ maxLength: 300 }),
  },
  { additionalProperties: true },
)
export type OrderSaid = Static<typeof OrderSaid>

/** What each node makes of an order; 'not taken' is what an agent that does not know orders makes of it. */
export const ORDER_STATES = ['done', 'waits', 'not taken', 'unknown'] as const
export const OrderStatus = Type.Object(
  {
    ...told,
    /** Given on this node; absent for those of the hub. */
    here: Type.Optional(Type.String()),
    nodes: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          is: oneOf(ORDER_STATES, 'as the node says, unknown when it is silent'),
          why: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type OrderStatus = Static<typeof OrderStatus>

/** Pool and server of an order about a server; undefined for one about a node. */
export function serverOf(
  about: string,
): { readonly pool: string; readonly server: string } | undefined {
  const [pool = '', server] = about.split('/')
  return server === undefined ? undefined : { pool, server }
}

/** Nodes that must do something for an order: the node it is about, or all that balance to the server. */
export function concerned(cluster: Cluster, about: string): readonly string[] {
  const of = serverOf(about)
  if (of === undefined)
    return cluster.nodes.map(({ name }) => name).filter((name) => name === about)
  const proxies = cluster.proxies.filter(
    ({ pool, routes }) => pool === of.pool || routes.some((route) => route.pool === of.pool),
  )
  const virtual = cluster.lvs.filter(({ name }) => name === of.pool)
  const names = [...proxies.flatMap((one) => one.nodes), ...virtual.flatMap((one) => one.directors)]
  return [...new Set(names)].sort()
}

/** Who and why, for people: "by kim: new kernel". */
export const orderWords = ({ by, reason }: Pick<Order, 'by' | 'reason'>): string =>
  `${by === '' ? 'on the node' : `by ${by}`}${reason === '' ? '' : `: ${reason}`}`
