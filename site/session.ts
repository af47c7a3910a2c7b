// One agent's WebSocket: every frame is judged before anything believes it; a bad one ends the session, never the hub.
import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { FRAME_BYTES_MAX } from '../spec/limits.ts'
import { type FromAgent, type FromHub, fromAgent } from '../spec/protocol.ts'
import type { Logs } from '../spec/logs.ts'
import type { NodeEvent, NodeFile, Report, Summary } from '../spec/report.ts'
import type { Clock } from './deps.ts'
import type { Looker } from './verify.ts'

/** What is left of a socket once ws is taken away: tests pass a fake. */
export type Wire = {
  send(text: string): void
  close(code: number, reason: string): void
}
export type SessionDeps = {
  readonly clock: Clock
  /** undefined when welcome, else why not. */
  readonly onHello: (hello: Static<typeof fromAgent.hello>, session: Session) => string | undefined
  readonly onSummary: (node: string, summary: Summary) => void
  /** A heartbeat with the words of the one before. */
  readonly onAgain: (node: string) => void
  readonly onReport: (node: string, report: Report) => void
  /** False when they could not be stored: the agent keeps them. */
  readonly onEvents: (node: string, events: readonly NodeEvent[]) => boolean
  readonly onFiles: (node: string, files: readonly NodeFile[]) => void
  readonly onLogs: (id: string, logs: Logs) => void
  readonly onVerify: Looker
  readonly onEnd: (session: Session) => void
}
export type Session = {
  node(): string | undefined
  boot(): string
  agentVersion(): string
  /** It has said that it can be asked for log lines. */
  hasLogs(): boolean
  openedAt: number
  heardAt(): number
  receive(text: string, binary: boolean): void
  /** A ping counts as a frame; false when there were too many, and the session is over. */
  pinged(): boolean
  /** The socket is gone. */
  ended(): void
  send(message: FromHub): void
  close(code: number, reason: string): void
}

const checks = {
  typed: TypeCompiler.Compile(Type.Object({ type: Type.String({ maxLength: 40 }) })),
  hello: TypeCompiler.Compile(fromAgent.hello),
  heartbeat: TypeCompiler.Compile(fromAgent.heartbeat),
  report: TypeCompiler.Compile(fromAgent.report),
  events: TypeCompiler.Compile(fromAgent.events),
  files: TypeCompiler.Compile(fromAgent.files),
  abilities: TypeCompiler.Compile(fromAgent.abilities),
  logs: TypeCompiler.Compile(fromAgent.logs),
  verify: TypeCompiler.Compile(fromAgent.verify),
}
/** Frames in any one second; an agent sends about two. */
const FRAMES_PER_SECOND_MAX = 200
const POLICY = 1008

type Read =
  | { readonly ok: true; readonly message: FromAgent | undefined }
  | { readonly ok: false; readonly why: string }

/** A message, undefined for a type of a newer protocol, or why the frame is bad. Pure. */
export function readAgentFrame(text: string): Read {
  if (Buffer.byteLength(text) > FRAME_BYTES_MAX) return { ok: false, why: 'frame too large' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'frame is not JSON' }
  }
  if (!checks.typed.Check(value)) return { ok: false, why: 'frame has no type' }
  if (checks.heartbeat.Check(value)) return { ok: true, message: value }
  if (checks.report.Check(value)) return { ok: true, message: value }
  if (checks.events.Check(value)) return { ok: true, message: value }
  if (checks.files.Check(value)) return { ok: true, message: value }
  if (checks.logs.Check(value)) return { ok: true, message: value }
  if (checks.verify.Check(value)) return { ok: true, message: value }
  if (checks.abilities.Check(value)) return { ok: true, message: value }
  if (checks.hello.Check(value)) return { ok: true, message: value }
  if (!Object.hasOwn(fromAgent, value.type)) return { ok: true, message: undefined }
  // A newer agent says more of the same thing than this hub knows: what is known of it is taken.
  const { report, heartbeat, files } = fromAgent
  const schema = value.type === 'report' ? report : value.type === 'files' ? files : heartbeat
  let known: unknown
  try {
    known = Value.Clean(schema, structuredClone(value))
  } catch {
    // Nested so deeply that it cannot be copied: no agent of any version says that.
    return { ok: false, why: `bad ${value.type} message` }
  }
  if (checks.files.Check(known)) return { ok: true, message: known }
  if (checks.report.Check(known)) return { ok: true, message: known }
  if (checks.heartbeat.Check(known)) return { ok: true, message: known }
  return { ok: false, why: `bad ${value.type} message` }
}

type State = {
  node: string | undefined
  boot: string
  agentVersion: string
  logs: boolean
  seq: number
  heardAt: number
  second: number
  frames: number
  over: boolean
  /** The last heartbeat that was believed, from the comma after its number on; '' when something else came since. */
  said: string
}

const BEAT = '{"type":"heartbeat","seq":'
const SEQ = /^(?:0|[1-9][0-9]{0,14})$/

/**
 * The number of a heartbeat whose text differs from the last one's in nothing else: it was judged then, so it is neither
 * parsed nor checked again. undefined for every other frame.
 */
function repeatedSeq(text: string, said: string): number | undefined {
  if (said === '' || !text.startsWith(BEAT) || !text.endsWith(said)) return undefined
  const seq = text.slice(BEAT.length, text.length - said.length)
  return SEQ.test(seq) ? Number(seq) : undefined
}

/** What repeatedSeq compares with; '' for a frame that an agent of ours does not write so. */
function saidOf(text: string, { type }: FromAgent): string {
  const comma = text.indexOf(',', BEAT.length)
  if (type !== 'heartbeat' || !text.startsWith(BEAT) || comma < 0) return ''
  return SEQ.test(text.slice(BEAT.length, comma)) ? text.slice(comma) : ''
}

/** Sequence numbers must grow within a session, so that a replayed heartbeat changes nothing. */
function isNew(state: State, seq: number): boolean {
  if (seq <= state.seq) return false
  state.seq = seq
  return true
}

/** undefined when well, else why the session must end. */
function take(
  deps: SessionDeps,
  state: State,
  session: Session,
  message: FromAgent,
): string | undefined {
  if (message.type === 'hello') {
    if (state.node !== undefined) return 'second hello'
    const refused = deps.onHello(message, session)
    if (refused !== undefined) return refused
    state.node = message.node
    state.boot = message.boot
    state.agentVersion = message.agentVersion
    return undefined
  }
  const { node } = state
  if (node === undefined) return 'hello must come first'
  if (message.type === 'events') {
    const ids = message.events.map((event) => event.id)
    if (deps.onEvents(node, message.events)) session.send({ type: 'stored', ids })
    return undefined
  }
  if (message.type === 'files') {
    deps.onFiles(node, message.files)
    return undefined
  }
  if (message.type === 'abilities') {
    state.logs = message.logs
    return undefined
  }
  if (message.type === 'verify') {
    const { id, keys } = message
    void deps
      .onVerify(node, keys)
      .then((answers) => session.send({ type: 'verified', id, answers }))
    return undefined
  }
  if (message.type === 'logs') {
    const { id, lines, after, note, error } = message
    deps.onLogs(id, { lines, after, note, error })
    return undefined
  }
  const summary = message.type === 'report' ? message.report.summary : message.summary
  if (summary.node !== node || summary.boot !== state.boot) return 'not the node of the hello'
  if (!isNew(state, message.seq)) return undefined
  if (message.type === 'report') deps.onReport(node, message.report)
  else deps.onSummary(node, summary)
  return undefined
}

/** undefined when well, else why the session must end. */
function judge(deps: SessionDeps, state: State, session: Session, text: string) {
  const read = readAgentFrame(text)
  if (!read.ok) return read.why
  if (read.message === undefined) return undefined
  const seq = state.seq
  const why = take(deps, state, session, read.message)
  // A report between two heartbeats says a summary of its own; events, files and logs say none.
  const { type } = read.message
  if (type === 'heartbeat' || type === 'report' || type === 'hello')
    state.said = state.seq > seq ? saidOf(text, read.message) : ''
  return why
}

function tooFast(state: State, now: number): boolean {
  const second = Math.floor(now / 1000)
  if (second !== state.second) state.frames = 0
  state.second = second
  state.frames++
  return state.frames > FRAMES_PER_SECOND_MAX
}

export function createSession(deps: SessionDeps, wire: Wire): Session {
  const now = deps.clock.monotonic()
  const state: State = {
    node: undefined,
    boot: '',
    agentVersion: '',
    logs: false,
    seq: -1,
    heardAt: now,
    second: 0,
    frames: 0,
    over: false,
    said: '',
  }
  const end = () => {
    if (state.over) return
    state.over = true
    deps.onEnd(session)
  }
  const session: Session = {
    node: () => state.node,
    boot: () => state.boot,
    agentVersion: () => state.agentVersion,
    hasLogs: () => state.logs,
    openedAt: now,
    heardAt: () => state.heardAt,
    receive(text, binary) {
      if (state.over) return
      state.heardAt = deps.clock.monotonic()
      if (binary) return session.close(POLICY, 'binary frame')
      if (tooFast(state, state.heardAt)) return session.close(POLICY, 'too many frames')
      const seq = repeatedSeq(text, state.said)
      if (seq !== undefined && state.node !== undefined) {
        if (isNew(state, seq)) deps.onAgain(state.node)
        return
      }
      const why = judge(deps, state, session, text)
      if (why !== undefined) session.close(POLICY, why)
    },
    pinged() {
      if (state.over) return false
      state.heardAt = deps.clock.monotonic()
      if (!tooFast(state, state.heardAt)) return true
      session.close(POLICY, 'too many frames')
      return false
    },
    ended: end,
    send(message) {
      if (!state.over) wire.send(JSON.stringify(message))
    },
    close(code, reason) {
      if (state.over) return
      end()
      // A close reason has at most 123 bytes (RFC 6455 section 5.5).
      wire.close(code, reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120))
    },
  }
  return session
}
