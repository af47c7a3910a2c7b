// What an agent says of its node. The hub shows it, peers read it; every heartbeat re-asserts the summary.
import { type Static, Type } from '@sinclair/typebox'
import { NODE_FILE_CHARS_MAX, ORDERS_MAX, VERIFY_ASKERS_MAX, VIPS_MAX } from './limits.ts'
import { oneOf } from './names.ts'
import { OrderSaid } from './order.ts'
import { RECIPIENT_PATTERN } from './secrets.ts'

const closed = { additionalProperties: false }
const text = (max: number) => Type.String({ maxLength: max })

/** The words of Kubernetes conditions that operators know; Unknown is only ever said by the hub. */
export const CONDITIONS = ['Ready', 'Reconciling', 'Stalled', 'Degraded', 'Paused'] as const

export const OUTSIDE_WORDS = ['ok', 'failed', 'unknown'] as const
/** Others asked this node's listeners, before a change and after it. */
export const Outside = Type.Object(
  {
    /** Of the spec that was verified. */
    digest: text(64),
    verdict: oneOf(OUTSIDE_WORDS, 'unknown: nobody could ask'),
    /** Who said so, by node name; 'hub' for the hub. */
    by: Type.Array(text(31), { maxItems: VERIFY_ASKERS_MAX }),
    /** Node that was asked; absent: this one. */
    of: Type.Optional(text(31)),
    /** Wall clock of the node, milliseconds since 1970; shown, never used for ordering. */
    at: Type.Integer(),
    why: text(600),
  },
  { additionalProperties: true },
)
export type Outside = Static<typeof Outside>

/** Small, sent with every heartbeat, also when nothing changed: a lost message heals by itself. */
export const Summary = Type.Object(
  {
    node: text(31),
    /** Random per agent start: a restart is not a regression of seq. */
    boot: text(40),
    condition: oneOf(CONDITIONS, 'state of the node against the wanted spec'),
    /** Why it is not Ready, or '' */
    reason: text(4000),
    /** Digest of the newest spec accepted for converging; '' before the first. */
    wanted: text(64),
    wantedRevision: Type.Integer({ minimum: 0 }),
    /** Digest of the spec proved to run (read back from the daemons); '' before the first. */
    running: text(64),
    runningRevision: Type.Integer({ minimum: 0 }),
    /** Digest that failed here and is quarantined; '' when none. */
    failed: text(64),
    /** Addresses of vips the kernel of this node holds now, as "vip/address". */
    holds: Type.Array(text(100), { maxItems: 200 }),
    /**
     * Digest that is tried here now, or is about to be: peers wait. Absent when none, so that an agent
     * which does not know the word reads every other summary; this one it does not, and waits as well.
     */
    applying: Type.Optional(text(64)),
    /** The step of the plan that is being done now, as "2 of 5: file:/etc/haproxy/haproxy.cfg". Absent between plans. */
    step: Type.Optional(text(300)),
    /** Commit and author of the wanted spec, for showing. Absent: it came from no repository. */
    origin: Type.Optional(text(300)),
    /** Highest revision that this node knows to be confirmed by a person; absent when none: peers take its word. */
    confirmedRevision: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Revision that this node went back from, since nobody confirmed it in time; absent when none. */
    lapsedRevision: Type.Optional(Type.Integer({ minimum: 1 })),
    /** What came of the last verification from outside; absent: none was due, or an agent of before. */
    outside: Type.Optional(Outside),
    /** Vips that this node gives up now, for its health or for an order; absent when none. */
    unfit: Type.Optional(Type.Array(text(31), { maxItems: VIPS_MAX })),
    /** Orders of operators that this node took; absent when none. One that is not here was not taken. */
    orders: Type.Optional(Type.Array(OrderSaid, { maxItems: ORDERS_MAX })),
    /** Ids of orders that ended here by their time or by a word on this node; absent when none. */
    ordersOver: Type.Optional(Type.Array(text(40), { maxItems: ORDERS_MAX })),
  },
  // Open: a newer agent may say more, and must not look dead to an older peer or hub for it.
  { additionalProperties: true },
)
export type Summary = Static<typeof Summary>

/** With a question to a peer: who asks, and what it announces. The one asked may lose it before it can ask back. */
export const NODE_HEADER = 'x-hactl-node'
export const APPLYING_HEADER = 'x-hactl-applying'

export const ServerHealth = Type.Object(
  {
    pool: text(31),
    server: text(31),
    status: text(40),
    why: text(200),
    weight: Type.Integer(),
    sessions: Type.Integer(),
  },
  closed,
)
export type ServerHealth = Static<typeof ServerHealth>

export const DaemonState = Type.Object(
  {
    name: text(40),
    version: text(40),
    running: Type.Boolean(),
    pid: Type.Integer(),
    digest: text(64),
    restarts: Type.Integer(),
  },
  closed,
)
export type DaemonState = Static<typeof DaemonState>

/** What `hactl doctor` found on a node: a fact, its consequence, the commands that mend it. */
export const Finding = Type.Object(
  {
    check: text(40),
    severity: oneOf(['error', 'warning', 'info'], 'error: it does not or will not work'),
    what: text(600),
    why: text(600),
    /** Shell commands for root on this node, one per line; '' where no command mends it. */
    fix: text(1000),
    /** Words where commands are not enough. */
    hint: text(600),
  },
  closed,
)
export type Finding = Static<typeof Finding>

export const MOUNT_WORDS = ['ok', 'hung', 'stale', 'absent'] as const
/** An NFS mount as a probe of the node finds it. */
export const MountState = Type.Object(
  {
    name: text(31),
    path: text(2200),
    /** server:/directory */
    source: text(2500),
    state: oneOf(
      MOUNT_WORDS,
      'hung: the server does not answer; stale: it does not know the mount any more',
    ),
    /** '' when it is well. */
    why: text(300),
    /** Wall clock of the node, milliseconds since 1970, of the first probe that said so; shown, never used for ordering. */
    since: Type.Integer(),
  },
  closed,
)
export type MountState = Static<typeof MountState>

/** A certificate file that the spec names, as the node finds it. */
export const CertificateState = Type.Object(
  {
    path: text(2200),
    /** Subject of the first certificate in it; '' when there is none to read. */
    subject: text(200),
    /** Milliseconds since 1970; 0 when there is none to read. */
    notAfter: Type.Integer({ minimum: 0 }),
    /** Why there is none to read, else ''. */
    why: text(300),
  },
  closed,
)
export type CertificateState = Static<typeof CertificateState>

/** Everything else; sent when it changes. */
export const Report = Type.Object(
  {
    summary: Summary,
    daemons: Type.Array(DaemonState, { maxItems: 20 }),
    servers: Type.Array(ServerHealth, { maxItems: 5000 }),
    drift: Type.Array(text(400), { maxItems: 100 }),
    /** Of the last pass that changed or refused something: one line per step. */
    steps: Type.Array(text(1000), { maxItems: 200 }),
    passMs: Type.Number({ minimum: 0 }),
    agentVersion: text(40),
    /** Absent: not examined yet, or an agent of before. */
    findings: Type.Optional(Type.Array(Finding, { maxItems: 100 })),
    /** Absent: none in the spec, none probed yet, or an agent of before. */
    mounts: Type.Optional(Type.Array(MountState, { maxItems: 100 })),
    /** Absent: none in the spec, none read yet, or an agent of before. */
    certificates: Type.Optional(Type.Array(CertificateState, { maxItems: 100 })),
    /** The node's public age key: secrets are encrypted for it. Absent: none yet, or an agent of before. */
    recipient: Type.Optional(Type.String({ pattern: RECIPIENT_PATTERN })),
  },
  closed,
)
export type Report = Static<typeof Report>

/** A file that hactl owns on a node. */
export const NodeFile = Type.Object(
  {
    path: text(500),
    /** sha256 of the whole file, 64 hex digits. */
    digest: text(64),
    bytes: Type.Integer({ minimum: 0 }),
    /** What stands in it, secrets masked; absent where it is too long or may not be shown. */
    body: Type.Optional(text(NODE_FILE_CHARS_MAX)),
  },
  closed,
)
export type NodeFile = Static<typeof NodeFile>

export const NodeEvent = Type.Object(
  {
    /** Random, so that a repeated delivery is stored once. */
    id: text(40),
    /** Wall clock of the node, milliseconds since 1970; shown, never used for ordering. */
    at: Type.Integer(),
    kind: oneOf(
      [
        'applied',
        'failed',
        'transition',
        'daemon',
        'drift',
        'orphan',
        'refused',
        'adopted',
        'agent',
        'notify',
        'alert',
        'access',
      ],
      'kind of event',
    ),
    text: text(1000),
  },
  closed,
)
export type NodeEvent = Static<typeof NodeEvent>
