// Answers by question: how they are keyed, looked up, written down and read again.
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Answers, Ask } from './types.ts'

const closed = { additionalProperties: false }
const Whole = Type.Integer({ minimum: 0 })
const Ran = Type.Object(
  { code: Type.Union([Type.Integer(), Type.Null()]), out: Type.String(), err: Type.String() },
  closed,
)
const Stat = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('file'),
      Type.Literal('directory'),
      Type.Literal('link'),
      Type.Literal('socket'),
      Type.Literal('other'),
    ]),
    mode: Whole,
    uid: Whole,
    gid: Whole,
  },
  closed,
)
const Space = Type.Object(
  { bytes: Whole, bytesFree: Whole, inodes: Whole, inodesFree: Whole },
  closed,
)
const Dated = Type.Object(
  {
    status: Whole,
    theirsMs: Type.Optional(Type.Integer()),
    sentMs: Type.Integer(),
    receivedMs: Type.Integer(),
  },
  closed,
)
const mapOf = <T extends Parameters<typeof Type.Record>[1]>(value: T) =>
  Type.Record(Type.String(), value)

/** What was asked and answered on one node: can be kept, sent to somebody, and judged there. */
export const Recording = Type.Partial(
  Type.Object(
    {
      /** Keys are the words of the command, blanks between them. */
      run: mapOf(Ran),
      read: mapOf(Type.String()),
      list: mapOf(Type.Array(Type.String())),
      stat: mapOf(Stat),
      space: mapOf(Space),
      /** Keys are "host port". */
      connect: mapOf(Type.String()),
      date: mapOf(Dated),
      agentConfig: mapOf(Type.Array(Type.String())),
    },
    closed,
  ),
)
export type Recording = Static<typeof Recording>

export const isRecording = (value: unknown): value is Recording => Value.Check(Recording, value)

/** One spelling per question, so that a question asked by two checks is put once. */
export function keyOf(ask: Ask): string {
  switch (ask.ask) {
    case 'run':
      return ask.argv.join(' ')
    case 'read':
    case 'list':
    case 'stat':
    case 'space':
    case 'agent-config':
      return ask.path
    case 'connect':
      return `${ask.host} ${ask.port}`
    case 'date':
      return ask.url
  }
}

export const answersFrom = (recording: Recording): Answers => ({
  run: (...argv) => recording.run?.[argv.join(' ')],
  read: (path) => recording.read?.[path],
  list: (path) => recording.list?.[path] ?? [],
  stat: (path) => recording.stat?.[path],
  space: (path) => recording.space?.[path],
  connect: (host, port) => recording.connect?.[`${host} ${port}`],
  date: (url) => recording.date?.[url],
  agentConfig: (path) => recording.agentConfig?.[path],
})
