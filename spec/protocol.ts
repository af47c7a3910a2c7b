// Messages between agent and hub over WebSocket (/v1/agent), one JSON object per text frame.
// Unknown message types are ignored by both sides, so that an old agent and a new hub understand each other.
import { type Static, Type } from '@sinclair/typebox'
import { LogsAsk, LogsMessage } from './logs.ts'
import { CONFIRM_MS_MAX, NODE_FILES_MAX, ORDERS_MAX } from './limits.ts'
import { NodeEvent, NodeFile, Report, Summary } from './report.ts'
import { AnswerList, Keys } from './verify.ts'

const closed = { additionalProperties: false }
export const PROTOCOL = 1

export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Integer({ minimum: 1 }),
    cluster: Type.String({ maxLength: 31 }),
    node: Type.String({ maxLength: 31 }),
    boot: Type.String({ maxLength: 40 }),
    agentVersion: Type.String({ maxLength: 40 }),
  },
  closed,
)
export const Heartbeat = Type.Object(
  { type: Type.Literal('heartbeat'), seq: Type.Integer({ minimum: 0 }), summary: Summary },
  closed,
)
export const ReportMessage = Type.Object(
  { type: Type.Literal('report'), seq: Type.Integer({ minimum: 0 }), report: Report },
  closed,
)
export const EventsMessage = Type.Object(
  { type: Type.Literal('events'), events: Type.Array(NodeEvent, { minItems: 1, maxItems: 100 }) },
  closed,
)
/** The files that hactl owns on the node, when they changed. A hub of before ignores it. */
export const FilesMessage = Type.Object(
  { type: Type.Literal('files'), files: Type.Array(NodeFile, { maxItems: NODE_FILES_MAX }) },
  closed,
)
/** What this agent can be asked for, after its hello. A hub of before ignores it; an agent of before never says it. */
export const Abilities = Type.Object({ type: Type.Literal('abilities'), logs: Type.Boolean() })
/** Asks the hub to look at this node's listeners. A hub of before ignores it. */
export const Verify = Type.Object(
  { type: Type.Literal('verify'), id: Type.String({ maxLength: 40 }), keys: Keys },
  closed,
)
export type FromAgent =
  | Static<typeof Hello>
  | Static<typeof Heartbeat>
  | Static<typeof ReportMessage>
  | Static<typeof EventsMessage>
  | Static<typeof FilesMessage>
  | Static<typeof Abilities>
  | Static<typeof LogsMessage>
  | Static<typeof Verify>
/** One schema per `type`, so that a validator says one thing. */
export const fromAgent = {
  hello: Hello,
  heartbeat: Heartbeat,
  report: ReportMessage,
  events: EventsMessage,
  files: FilesMessage,
  abilities: Abilities,
  logs: LogsMessage,
  verify: Verify,
}

/** The hub says which revision is newest; the agent fetches it with GET /v1/spec (its source door). */
export const Wanted = Type.Object(
  {
    type: Type.Literal('wanted'),
    revision: Type.Integer({ minimum: 0 }),
    digest: Type.String({ maxLength: 64 }),
  },
  closed,
)
/** Events the hub has stored: the agent may forget them. */
export const Stored = Type.Object(
  {
    type: Type.Literal('stored'),
    ids: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 100 }),
  },
  closed,
)
/** Somebody told the hub that a repository has something new: agents that follow one look now. */
export const Poll = Type.Object({ type: Type.Literal('poll') }, closed)
/** A person has confirmed this revision: said when it happens, and to every agent that comes. */
export const Confirmed = Type.Object(
  { type: Type.Literal('confirmed'), revision: Type.Integer({ minimum: 1 }) },
  closed,
)
/**
 * All orders that concern this agent: said when one comes or goes, and to every agent that comes. An order of a kind that it
 * does not know is left out by the agent, the others count. `lifted`: orders given on nodes that were taken back at the hub.
 */
export const Orders = Type.Object(
  {
    type: Type.Literal('orders'),
    orders: Type.Array(Type.Unknown(), { maxItems: ORDERS_MAX }),
    lifted: Type.Array(Type.String({ maxLength: 40 }), { maxItems: ORDERS_MAX }),
  },
  closed,
)
/** What the hub saw. An agent of before never asks. */
export const Verified = Type.Object(
  { type: Type.Literal('verified'), id: Type.String({ maxLength: 40 }), answers: AnswerList },
  closed,
)
export type Verified = Static<typeof Verified>
/** This node says that a spec failed from outside there: a hint to ask it, never trusted for more. */
export const Failed = Type.Object(
  { type: Type.Literal('failed'), node: Type.String({ maxLength: 31 }) },
  closed,
)
export type FromHub =
  | Static<typeof Orders>
  | Static<typeof Wanted>
  | Static<typeof Stored>
  | Static<typeof Poll>
  | Static<typeof Confirmed>
  | LogsAsk
  | Verified
  | Static<typeof Failed>
export const fromHub = {
  wanted: Wanted,
  stored: Stored,
  poll: Poll,
  confirmed: Confirmed,
  logs: LogsAsk,
  orders: Orders,
  verified: Verified,
  failed: Failed,
}

/** What the hub keeps and hands out: body is the exact text that was pushed. */
export const Revision = Type.Object(
  {
    revision: Type.Integer({ minimum: 1 }),
    digest: Type.String({ maxLength: 64 }),
    at: Type.Integer(),
    author: Type.String({ maxLength: 100 }),
    note: Type.String({ maxLength: 400 }),
    /** Overrides of guards that hold for this revision: 'removals', 'blink', 'empty'. */
    allow: Type.Array(Type.String({ pattern: '^[a-z-]{1,20}$' }), { maxItems: 8 }),
    /** Only where it was pushed with --confirm: agents go back unless it is confirmed within so many milliseconds. */
    confirmMs: Type.Optional(Type.Integer({ minimum: 1, maximum: CONFIRM_MS_MAX })),
    /** Wall clock of the hub, milliseconds since 1970. */
    confirmedAt: Type.Optional(Type.Integer()),
    /** Fingerprint of the key that signed it; absent when nobody did. Whether that key may sign, nodes judge. */
    signer: Type.Optional(Type.String({ pattern: '^SHA256:[A-Za-z0-9+/]{43}$' })),
  },
  closed,
)
export type Revision = Static<typeof Revision>
