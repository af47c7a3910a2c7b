// POST and DELETE /v1/orders: an operator pauses, drains, and takes it back. What would leave nobody is refused.
import type { Context } from 'hono'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Cluster } from '../spec/cluster.ts'
import { ORDER_MS_MAX, ORDER_MS_MIN, ORDER_REASON_MAX, ORDERS_MAX } from '../spec/limits.ts'
import { ORDER_ABOUT, ORDER_KINDS, orderWords, serverOf } from '../spec/order.ts'
import { oneOf } from '../spec/names.ts'
import type { ClusterStatus } from '../spec/status.ts'
import { unsafe } from './order-safety.ts'
import type { OrderKey } from './orders.ts'
import { authorOf, readBody, words } from './push.ts'
import type { HubState } from './state.ts'
import type { StoredOrder } from './store-orders.ts'
import type { Who } from './tokens.ts'

const BODY_BYTES_MAX = 4_096
const Key = Type.Object({
  kind: oneOf(ORDER_KINDS, 'what is ordered'),
  about: Type.String({ pattern: ORDER_ABOUT }),
})
const Given = Type.Composite(
  [
    Key,
    Type.Object({
      reason: Type.Optional(Type.String({ maxLength: 4 * ORDER_REASON_MAX })),
      forMs: Type.Optional(Type.Integer({ minimum: ORDER_MS_MIN, maximum: ORDER_MS_MAX })),
      force: Type.Optional(Type.Boolean()),
    }),
  ],
  { additionalProperties: false },
)
export type Given = Static<typeof Given>

const DOES = { pause: 'pauses', drain: 'drains' } as const
const ENDS = { pause: 'resumes', drain: 'undrains' } as const

type Refused = { readonly status: 400 | 404 | 409; readonly error: string }
export type Taken = { readonly status: 200 | 201; readonly id: string }

/** Gives an order in the name of `by`; the same from a form and from JSON. Never throws for what a person may get wrong. */
export function give(state: HubState, given: Given, by: string): Taken | Refused {
  const { kind, about, forMs, force = false } = given
  const { clock, id } = state.deps
  const status = state.fleet.status()
  const cluster = state.cluster()
  const refused = unknown(given, status, cluster) ?? leavesNobody(given, status, cluster)
  if (refused !== undefined) return refused
  const others = state.orders.list().filter((one) => one.kind !== kind || one.about !== about)
  if (others.length >= ORDERS_MAX)
    return { status: 409, error: `cannot ${kind} ${about}: ${ORDERS_MAX} orders are in force` }
  const at = clock.now()
  const order: StoredOrder = {
    ...{ id: id().slice(0, 40), kind, about, by: by.slice(0, 100), at },
    reason: words(given.reason, ORDER_REASON_MAX),
    ...(forMs === undefined ? {} : { until: at + forMs }),
    ...(force ? { force } : {}),
  }
  state.orders.give(order)
  state.ordersChanged()
  state.note('access', `${by} ${DOES[kind]} ${about}${reasonText(order)}`)
  return { status: 201, id: order.id }
}

const reasonText = ({ reason }: { readonly reason: string }) =>
  reason === '' ? '' : orderWords({ by: '', reason }).replace(/^[^:]*/, '')

function unknown(
  { kind, about }: OrderKey,
  { nodes, strangers }: ClusterStatus,
  cluster: Cluster | undefined,
): Refused | undefined {
  const of = serverOf(about)
  const known =
    of === undefined
      ? [...nodes, ...strangers].some(({ node }) => node === about)
      : [...(cluster?.pools ?? []), ...(cluster?.lvs ?? [])].some(
          ({ name, servers }) =>
            name === of.pool && servers.some((server) => server.name === of.server),
        )
  if (of !== undefined && kind !== 'drain')
    return { status: 400, error: `cannot ${kind} ${about}: only a node can be paused` }
  return known ? undefined : { status: 404, error: `cannot ${kind} ${about}: nobody knows it` }
}

function leavesNobody(
  { kind, about, force = false }: Given,
  status: ClusterStatus,
  cluster: Cluster | undefined,
): Refused | undefined {
  const why = force || cluster === undefined ? undefined : unsafe(kind, about, status, cluster)
  return why === undefined ? undefined : { status: 409, error: `cannot ${kind} ${about}: ${why}` }
}

/** Ends an order in the name of `by`. */
export function lift(state: HubState, key: OrderKey, by: string): Taken | Refused {
  const { nodes, strangers } = state.fleet.status()
  const ended = state.orders.lift(key, [...nodes, ...strangers])
  const [id] = ended
  if (id === undefined)
    return { status: 404, error: `cannot end it: ${key.about} has no order to ${key.kind}` }
  state.ordersChanged()
  state.note('access', `${by} ${ENDS[key.kind]} ${key.about}`)
  return { status: 200, id }
}

const answer = (c: Context, done: Taken | Refused): Response =>
  'error' in done
    ? c.json({ error: done.error }, done.status)
    : c.json({ id: done.id }, done.status)

const author = (c: Context, who: Who | undefined): string =>
  authorOf(words(c.req.header('x-hactl-author'), 100), who)

export async function giveOrder(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const body = await readBody(c, BODY_BYTES_MAX)
  if (typeof body !== 'string') return c.json({ error: body.error }, body.status)
  const given = parse(body)
  if (!Value.Check(Given, given)) {
    const first = Value.Errors(Given, given).First()
    const error = `cannot read the order: ${first?.path ?? ''} ${first?.message ?? 'no JSON'}`
    return c.json({ error }, 400)
  }
  return answer(c, give(state, given, author(c, who)))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** DELETE /v1/orders?kind=pause&about=lb1 */
export function liftOrder(state: HubState, c: Context, who: Who | undefined): Response {
  const key: unknown = { kind: c.req.query('kind'), about: c.req.query('about') }
  if (!Value.Check(Key, key))
    return c.json({ error: 'cannot read kind= and about= of the order' }, 400)
  return answer(c, lift(state, key, author(c, who)))
}
