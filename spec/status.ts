// What the hub says of the whole cluster: GET /v1/status, the stream and the page all show this one value.
import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from './names.ts'
import { OrderStatus } from './order.ts'
import { CONDITIONS, Report, Summary } from './report.ts'

const closed = { additionalProperties: false }

/** Unknown: not heard for STALE_MS, so whatever it said last is no longer knowledge. */
export const SHOWN_CONDITIONS = [...CONDITIONS, 'Unknown'] as const

export const NodeStatus = Type.Object(
  {
    node: Type.String(),
    /** An agent session is open now. */
    connected: Type.Boolean(),
    /** Milliseconds since the last heartbeat this hub process received; null: none yet. */
    ageMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    stale: Type.Boolean(),
    condition: oneOf(SHOWN_CONDITIONS, 'Unknown when stale'),
    /** Last words, also when stale: read them together with ageMs. */
    summary: Type.Optional(Summary),
    report: Type.Optional(Report),
  },
  closed,
)
export type NodeStatus = Static<typeof NodeStatus>

export const VIP_STATES = ['held', 'none', 'split', 'unknown'] as const
export const VipStatus = Type.Object(
  {
    vip: Type.String(),
    addresses: Type.Array(Type.String()),
    state: oneOf(VIP_STATES, 'who holds it, as far as fresh heartbeats tell'),
    holders: Type.Array(
      Type.Object({ node: Type.String(), ageMs: Type.Integer({ minimum: 0 }) }, closed),
    ),
    /** Nodes whose last words claimed it, but stale: history, never shown as a holder. */
    lastKnown: Type.Array(
      Type.Object({ node: Type.String(), ageMs: Type.Integer({ minimum: 0 }) }, closed),
    ),
  },
  closed,
)
export type VipStatus = Static<typeof VipStatus>

export const Alert = Type.Object(
  { id: Type.String(), since: Type.Integer(), text: Type.String() },
  closed,
)
export type Alert = Static<typeof Alert>

/** A fault from its beginning to its end, as the hub keeps it. */
export const AlertRecord = Type.Object(
  {
    /** What it is and of whom, the same each time it comes back: 'split-brain:web'. */
    key: Type.String(),
    topic: Type.String(),
    severity: oneOf(['error', 'warning', 'info'], 'error: clients feel it, or will'),
    /** Name of the vip or node. */
    about: Type.String(),
    text: Type.String(),
    /** Milliseconds since 1970 by the hub's clock: first and last seen, and its end; null while it is open. */
    since: Type.Integer(),
    seen: Type.Integer(),
    closed: Type.Union([Type.Integer(), Type.Null()]),
    /** Order of storing; what `before` in GET /v1/alerts means. 0 for an open one. */
    seq: Type.Integer({ minimum: 0 }),
  },
  // Open: a newer hub may say more.
  { additionalProperties: true },
)
export type AlertRecord = Static<typeof AlertRecord>
export const Alerts = Type.Object(
  { open: Type.Array(AlertRecord), closed: Type.Array(AlertRecord) },
  { additionalProperties: true },
)
export type Alerts = Static<typeof Alerts>

export const ClusterStatus = Type.Object(
  {
    /** Wall clock of the hub, milliseconds since 1970. */
    now: Type.Integer(),
    hubStartedAt: Type.Integer(),
    /** Newest revision; 0 before the first push. */
    revision: Type.Integer({ minimum: 0 }),
    digest: Type.String(),
    cluster: Type.String(),
    nodes: Type.Array(NodeStatus),
    /** Agents that speak to this hub but are not in the newest spec. */
    strangers: Type.Array(NodeStatus),
    vips: Type.Array(VipStatus),
    alerts: Type.Array(Alert),
    /** What takes the service down alone, as the newest spec says. Absent: none, or a hub of before. */
    singlePoints: Type.Optional(Type.Array(Type.String())),
    /** Time left to confirm the newest revision, 0 when that was not done in time. Absent: it needs no confirmation. */
    confirmLeftMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Orders in force, with what each node makes of them. Absent: none, or a hub of before. */
    orders: Type.Optional(Type.Array(OrderStatus)),
  },
  closed,
)
export type ClusterStatus = Static<typeof ClusterStatus>

/** An event as the hub keeps it: of a node, or of the hub itself (node ''). */
export const HubEvent = Type.Object(
  {
    /** Order of arrival; what `before` in GET /v1/events means. */
    seq: Type.Integer({ minimum: 1 }),
    id: Type.String(),
    node: Type.String(),
    /** Wall clock of the sender, milliseconds since 1970; shown, never used for ordering. */
    at: Type.Integer(),
    kind: Type.String(),
    text: Type.String(),
  },
  closed,
)
export type HubEvent = Static<typeof HubEvent>
