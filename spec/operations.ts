// Stats page, logs, rollout: how the cluster is watched and changed.
import { type Static, Type } from '@sinclair/typebox'
import { VERIFY_TIMEOUT_MS_MAX, VERIFY_TRIES_MAX } from './limits.ts'
import { mapOf, Ms, oneOf, Path, Port, UrlText } from './names.ts'
import { Recipient } from './secrets.ts'

const closed = { additionalProperties: false }

export const StatsUser = Type.Object(
  {
    passwordHash: Type.String({
      pattern: '^(?:\\$(?:5|6|2y)\\$[A-Za-z0-9./$=]{10,200}|\\$\\{secret:[a-z][a-z0-9-]{0,30}\\})$',
      description: `crypt(3) hash, for instance of "openssl passwd -5", or \${secret:NAME} of one; never the password`,
    }),
  },
  closed,
)
export const Stats = Type.Object(
  {
    port: Port('port of the page on every node with a proxy'),
    path: Type.Optional(UrlText('default /')),
    users: Type.Optional(
      mapOf(StatsUser, 50, 'who may look; nobody but the node itself when absent'),
    ),
    admin: Type.Optional(
      Type.Boolean({ description: 'users may change server states on it, default false' }),
    ),
    refreshMs: Type.Optional(Ms(1_000, 600_000, 'page refresh')),
  },
  { ...closed, description: "haproxy's own statistics page" },
)
export type Stats = Static<typeof Stats>

export const Logs = Type.Object(
  {
    target: Type.Optional(
      Type.String({
        pattern: '^(?:/dev/log|[0-9.]{7,15}:[0-9]{1,5}|stdout)$',
        description: 'default /dev/log where it exists',
      }),
    ),
    facility: Type.Optional(
      oneOf(
        ['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7', 'daemon'],
        'default local2',
      ),
    ),
    requests: Type.Optional(Type.Boolean({ description: 'a line per request, default true' })),
  },
  { ...closed, description: 'where haproxy logs' },
)
export type Logs = Static<typeof Logs>

export const Verify = Type.Object(
  {
    by: Type.Optional(
      Type.Array(oneOf(['peers', 'hub'], 'who'), {
        maxItems: 2,
        uniqueItems: true,
        description:
          'who asks, default both; the hub alone never fails a change; an empty list: nobody asks',
      }),
    ),
    tries: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: VERIFY_TRIES_MAX,
        description: 'asked so often without success a change has failed, default 3',
      }),
    ),
    timeoutMs: Type.Optional(Ms(100, VERIFY_TIMEOUT_MS_MAX, 'for one answer, default 800')),
    answers: Type.Optional(
      oneOf(
        ['same', 'any'],
        'same (default): what answered 2xx or 3xx before must not answer 4xx or 5xx, nor 4xx become 5xx; any: an answer of any status will do',
      ),
    ),
  },
  {
    ...closed,
    description:
      'each listener is asked from outside, before a change and after it: what answered must still answer, or the change is undone',
  },
)

export const Rollout = Type.Object(
  {
    removalsMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        description: 'most things one pass may remove without --allow-removals, default 10',
      }),
    ),
    peerWaitMs: Type.Optional(
      Ms(
        0,
        600_000,
        'how long a node waits for an unreachable peer before it goes on, default 10000',
      ),
    ),
    drift: Type.Optional(
      oneOf(
        ['heal', 'report', 'pause'],
        'hand edits: put right (default), only reported, or the node stops changing anything',
      ),
    ),
    verify: Type.Optional(Verify),
  },
  { ...closed, description: 'how changes reach the nodes' },
)
export type Rollout = Static<typeof Rollout>

export const Hub = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://[A-Za-z0-9.:\\[\\]-]{1,200}$',
      description: 'base address, for links in messages',
    }),
    recipient: Type.Optional(
      Recipient(
        'of the hub, as hactl key age --state prints it there: secrets of notify are encrypted for it too',
      ),
    ),
  },
  closed,
)
export const SourceRef = Type.Object(
  {
    path: Type.Optional(Path('file on the node')),
    url: Type.Optional(
      Type.String({ pattern: '^https?://[^\\s"\']{1,500}$', description: 'HTTP(S) with ETag' }),
    ),
    intervalMs: Type.Optional(Ms(1_000, 3_600_000, 'poll interval, default 5000')),
  },
  { ...closed, description: 'where agents look for newer specs' },
)
