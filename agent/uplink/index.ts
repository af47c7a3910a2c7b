// The agent's line to the hub. It says what is, hears what is wanted, and may be dead without any harm.
import type { Secret } from '../../spec/secret.ts'
import type { Static } from '@sinclair/typebox'
import { WebSocket } from 'ws'
import { FRAME_BYTES_MAX, HEARTBEAT_MS } from '../../spec/limits.ts'
import type { Logs, LogsAsk } from '../../spec/logs.ts'
import { type FromHub, type Orders, PROTOCOL, type Verified } from '../../spec/protocol.ts'
import type { NodeFile, Report, Summary } from '../../spec/report.ts'
import { tlsWords } from '../../spec/tls/words.ts'
import type { Clock, Random } from '../world.ts'
import { backoffMs, GOOD_MS_MIN } from './backoff.ts'
import { type AskHub, createAskHub } from './ask-hub.ts'
import { dial } from './dial.ts'
import { heartbeatFrame, readFrame, reportFrame, reportKey } from './frames.ts'
import type { EventQueue } from './queue.ts'

export { createEventQueue, type EventQueue } from './queue.ts'

/** No pong for this long: the peer is dead, whatever TCP believes. */
const SILENCE_MS_MAX = 5 * HEARTBEAT_MS
const EVENTS_PER_FRAME_MAX = 100
/** Events not answered by 'stored' are sent again after this. */
const RESEND_MS = 10_000
const NO_FILES: readonly NodeFile[] = []
/** Frames of the hub in any one second; one of ours sends about one. */
const FRAMES_PER_SECOND_MAX = 200
const BUFFERED_BYTES_MAX = 4 * FRAME_BYTES_MAX

export type UplinkDeps = {
  /** http(s):// address of the hub. */
  readonly url: string
  /** Asked at each connection. */
  readonly token: () => Secret
  /** Certificates that the hub is believed by, at each connection; absent or undefined: the usual ones. */
  readonly ca?: () => readonly string[] | undefined
  /** Asked anew for every hello: a spec may give the cluster another name. */
  readonly cluster: () => string
  readonly node: string
  readonly boot: string
  readonly clock: Clock
  readonly random: Random
  readonly agentVersion: string
  readonly summary: () => Summary
  readonly report: () => Report
  readonly events: EventQueue
  /** The same array until one differs. */
  readonly files: () => readonly NodeFile[]
  /** A hint that fetching is worth while; never trusted for more. */
  readonly onWanted: (revision: number, digest: string) => void
  /** The same about a source that is not the hub. */
  readonly onPoll: () => void
  /** A person has confirmed this revision. */
  readonly onConfirmed: (revision: number) => void
  /** A spec failed from outside on this node: a hint to ask it. */
  readonly onFailed: (node: string) => void
  /** Log lines for an operator; never rejects. */
  readonly logs: (ask: LogsAsk) => Promise<Logs>
  /** All orders that the hub wants followed here. */
  readonly onOrders: (said: Static<typeof Orders>) => void
  readonly log: (message: string) => void
}
export type Uplink = {
  /** Something changed: say it now, not at the next heartbeat. */
  changed(): void
  connected(): boolean
  /** What the hub sees of this node's listeners; undefined without an answer in time. */
  verify(keys: readonly string[], timeoutMs: number): Promise<Verified['answers'] | undefined>
  close(): Promise<void>
}

type Line = {
  readonly socket: WebSocket
  readonly send: (frame: string) => void
  readonly asking: AskHub
  seq: number
  heardAt: number
  second: number
  frames: number
  lastReport: string
  lastSummary: string
  lastFiles: readonly NodeFile[]
  eventsSentAt: number
}

function sendEvents(deps: UplinkDeps, line: Line): void {
  const now = deps.clock.monotonic()
  if (now - line.eventsSentAt < RESEND_MS) return
  const events = deps.events.peek(EVENTS_PER_FRAME_MAX)
  if (events.length === 0) return
  line.eventsSentAt = now
  line.send(JSON.stringify({ type: 'events', events }))
}

/** Summary with every heartbeat; the report only when it differs from the last one sent on this line. */
function speak(deps: UplinkDeps, line: Line, beat: boolean): void {
  const summary = deps.summary()
  const key = JSON.stringify(summary)
  if (beat || key !== line.lastSummary) {
    const frame = heartbeatFrame(line.seq++, summary)
    if (frame === undefined) deps.log('cannot send heartbeat: the summary breaks its own schema')
    else line.send(frame)
    line.lastSummary = key
  }
  const report = deps.report()
  const now = reportKey(report)
  if (now !== line.lastReport) {
    const frame = reportFrame(line.seq++, report)
    if (frame === undefined) deps.log('cannot send report: it breaks its own schema')
    else line.send(frame)
    line.lastReport = now
  }
  const files = deps.files()
  if (files !== line.lastFiles && files.length + line.lastFiles.length > 0)
    line.send(JSON.stringify({ type: 'files', files }))
  line.lastFiles = files
  sendEvents(deps, line)
}

function hear(deps: UplinkDeps, line: Line, message: FromHub): void {
  if (message.type === 'wanted') {
    deps.onWanted(message.revision, message.digest)
    return
  }
  if (message.type === 'poll') {
    deps.onPoll()
    return
  }
  if (message.type === 'confirmed') {
    deps.onConfirmed(message.revision)
    return
  }
  if (message.type === 'verified') {
    line.asking.answered(message)
    return
  }
  if (message.type === 'failed') {
    deps.onFailed(message.node)
    return
  }
  if (message.type === 'logs') {
    const { type, id } = message
    void deps.logs(message).then((logs) => line.send(JSON.stringify({ type, id, ...logs })))
    return
  }
  if (message.type === 'orders') {
    deps.onOrders(message)
    return
  }
  deps.events.forget(message.ids)
  line.eventsSentAt = Number.NEGATIVE_INFINITY
  sendEvents(deps, line)
}

/** Nothing that a callback throws may reach the socket or the agent. */
function guarded(deps: UplinkDeps, doing: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    deps.log(`cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function newLine(deps: UplinkDeps, socket: WebSocket): Line {
  const send = (frame: string) => {
    if (socket.readyState !== WebSocket.OPEN) return
    // A hub that reads nothing must not cost the agent its memory.
    if (socket.bufferedAmount > BUFFERED_BYTES_MAX) socket.terminate()
    else socket.send(frame)
  }
  return {
    socket,
    send,
    asking: createAskHub(deps.clock, deps.random),
    seq: 0,
    heardAt: deps.clock.monotonic(),
    second: 0,
    frames: 0,
    lastReport: '',
    lastSummary: '',
    lastFiles: NO_FILES,
    eventsSentAt: Number.NEGATIVE_INFINITY,
  }
}

async function beats(deps: UplinkDeps, line: Line, signal: AbortSignal): Promise<void> {
  const jitter = Math.floor(HEARTBEAT_MS / 10)
  while (!signal.aborted) {
    const ms = HEARTBEAT_MS + deps.random.between(-jitter, jitter)
    await deps.clock.sleep(ms, signal).catch(() => undefined)
    if (signal.aborted) return
    if (deps.clock.monotonic() - line.heardAt > SILENCE_MS_MAX) return line.socket.terminate()
    if (line.socket.readyState === WebSocket.OPEN) line.socket.ping()
    guarded(deps, 'speak to the hub', () => speak(deps, line, true))
  }
}

/** One connection from dialling to its end; resolves with why it ended. */
function live(deps: UplinkDeps, stop: AbortSignal, onOpen: (line: Line) => void): Promise<string> {
  return new Promise((resolve) => {
    const over = new AbortController()
    const socket = dial(deps)
    const line = newLine(deps, socket)
    const heard = () => {
      line.heardAt = deps.clock.monotonic()
    }
    let why = ''
    /** A hub that floods us is hung up on: one of ours says a few words a second. */
    const tooMuch = () => {
      const second = Math.floor(line.heardAt / 1_000)
      if (second !== line.second) line.frames = 0
      line.second = second
      line.frames++
      if (line.frames <= FRAMES_PER_SECOND_MAX) return false
      why = 'the hub says too much'
      socket.terminate()
      return true
    }
    const hangUp = () => socket.terminate()
    stop.addEventListener('abort', hangUp, { once: true })
    socket.on('open', () => {
      heard()
      onOpen(line)
      const { node, boot, agentVersion } = deps
      guarded(deps, 'greet the hub', () => {
        const cluster = deps.cluster()
        line.send(
          JSON.stringify({ type: 'hello', protocol: PROTOCOL, cluster, node, boot, agentVersion }),
        )
        line.send(JSON.stringify({ type: 'abilities', logs: true }))
      })
      guarded(deps, 'speak to the hub', () => speak(deps, line, true))
      void beats(deps, line, over.signal)
    })
    socket.on('message', (data, binary) => {
      heard()
      if (tooMuch() || binary) return
      const message = readFrame(data.toString())
      if (message !== undefined) guarded(deps, 'hear the hub', () => hear(deps, line, message))
    })
    socket.on('ping', (data) => {
      heard()
      // Answers that nobody reads pile up like any other words.
      if (tooMuch() || socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > BUFFERED_BYTES_MAX) socket.terminate()
      else socket.pong(data, true, () => undefined)
    })
    socket.on('pong', heard)
    socket.on('error', (error) => {
      why = tlsWords(error) ?? error.message
    })
    socket.on('close', (code, reason) => {
      stop.removeEventListener('abort', hangUp)
      over.abort()
      resolve(why || `closed with ${code} ${reason.toString().slice(0, 200)}`.trim())
    })
  })
}

/**
 * Connects and stays connected until closed. Never throws, never blocks: every failure is a log line and a retry after
 * 0.2 to 10 s with full jitter.
 */
export function startUplink(deps: UplinkDeps): Uplink {
  const stop = new AbortController()
  let current: Line | undefined
  const run = async () => {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      let openedAt: number | undefined
      const why = await live(deps, stop.signal, (line) => {
        current = line
        openedAt = deps.clock.monotonic()
        deps.log(`hub ${deps.url} reached`)
      }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      current = undefined
      if (stop.signal.aborted) return
      if (openedAt !== undefined && deps.clock.monotonic() - openedAt > GOOD_MS_MIN) attempt = 0
      // Said once per outage: a hub that is down for a night must not fill the disk.
      if (openedAt !== undefined || attempt === 0) deps.log(`cannot reach hub ${deps.url}: ${why}`)
      await deps.clock
        .sleep(backoffMs(Math.min(attempt, 10), deps.random), stop.signal)
        .catch(() => undefined)
    }
  }
  const ended = run()
  return {
    changed() {
      const line = current
      if (line !== undefined) guarded(deps, 'speak to the hub', () => speak(deps, line, false))
    },
    verify: async (keys, ms) => current?.asking.verify(current.send, keys, ms),
    connected: () => current?.socket.readyState === WebSocket.OPEN,
    async close() {
      stop.abort()
      await ended
    },
  }
}
