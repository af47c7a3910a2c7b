// Log lines of a node: what an operator asks through the hub, and what an agent answers. Both are bounded.
import { type Static, Type } from '@sinclair/typebox'
import { LOG_LINE_CHARS_MAX, LOG_LINES_MAX } from './limits.ts'
import { oneOf } from './names.ts'

export const LOG_UNITS = ['haproxy', 'keepalived', 'nginx', 'agent'] as const
export const LogUnit = oneOf(LOG_UNITS, 'whose lines')
export type LogUnit = Static<typeof LogUnit>

/** Where a reading ended, in the words of whoever read: a journal's cursor, or places in files. */
const After = Type.String({ maxLength: 500, pattern: '^[\\x21-\\x7e]*$' })

/** From the hub. An agent that never said that it has logs is not asked. */
export const LogsAsk = Type.Object(
  {
    type: Type.Literal('logs'),
    id: Type.String({ minLength: 1, maxLength: 40 }),
    units: Type.Array(LogUnit, { minItems: 1, maxItems: LOG_UNITS.length, uniqueItems: true }),
    /** The newest so many; with `after` the oldest so many that follow it. */
    lines: Type.Integer({ minimum: 1, maximum: LOG_LINES_MAX }),
    /** Milliseconds since 1970 by the node's clock. */
    since: Type.Optional(Type.Integer({ minimum: 0 })),
    after: Type.Optional(After),
  },
  { additionalProperties: false },
)
export type LogsAsk = Static<typeof LogsAsk>

/** Open, as all that follows: a newer agent may say more. */
export const LogLine = Type.Object({
  unit: LogUnit,
  /** Milliseconds since 1970; absent where the line carries no time that we can read. */
  at: Type.Optional(Type.Integer({ minimum: 0 })),
  /** As in syslog(3): 3 is an error, 4 a warning. */
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
  text: Type.String({ maxLength: LOG_LINE_CHARS_MAX }),
})
export type LogLine = Static<typeof LogLine>

const answer = {
  lines: Type.Array(LogLine, { maxItems: LOG_LINES_MAX }),
  /** What to ask `after` for the lines that follow. */
  after: After,
  /** What the lines are not: left out, or without times. */
  note: Type.String({ maxLength: 300 }),
  /** Why there are none; '' when all is well. */
  error: Type.String({ maxLength: 300 }),
}
/** What the hub answers to GET /v1/logs/:node. */
export const Logs = Type.Object(answer)
export type Logs = Static<typeof Logs>
/** From the agent. */
export const LogsMessage = Type.Object({
  type: Type.Literal('logs'),
  id: Type.String({ minLength: 1, maxLength: 40 }),
  ...answer,
})
