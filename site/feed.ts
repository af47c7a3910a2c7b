// Server-sent events: status coalesced, events in order, slow readers dropped instead of buffered.
import type { AlertRecord, ClusterStatus, HubEvent } from '../spec/status.ts'
import type { Clock } from './deps.ts'
import type { Watch } from './page/live.ts'
import type { Who } from './tokens.ts'

export const STREAMS_MAX = 200
/** At most ten status messages a second, whatever the agents do. */
export const STATUS_INTERVAL_MS = 100
/** Ages are said anew also when nothing happens. */
const REPEAT_MS = 1_000
/** Messages a reader may lag behind before it is dropped; it reconnects and gets the whole status. */
const LAG_MAX = 64

type Reader = { readonly send: (text: string) => boolean; readonly watch: Watch | undefined }
export type Feed = {
  /** undefined when STREAMS_MAX readers are there. A `watch` gives what differs of its page as event 'page' instead. */
  open(watch?: Watch, who?: Who): ReadableStream<Uint8Array> | undefined
  /** Ends the streams of readers that may not read any more. */
  cut(may: (who: Who) => boolean): void
  /** The status differs from what readers have. */
  touch(): void
  event(event: HubEvent): void
  /** One that began or ended. */
  alert(alert: AlertRecord): void
  /** Sends what is due; called by the hub's tick. */
  tick(): void
  close(): void
}

const frame = (event: string, data: string) =>
  `event: ${event}\n${data
    .split('\n')
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`

type Readers = { readonly reading: Set<Reader>; readonly closers: Map<() => void, Who | undefined> }

/** A reader that lags LAG_MAX messages behind is closed instead of buffered. */
function streamFor(
  { reading, closers }: Readers,
  watch: Watch | undefined,
  who: Who | undefined,
  first: (reader: Reader) => string | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let reader: Reader | undefined
  let shut = () => {}
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => {
          if ((controller.desiredSize ?? 0) <= 0) {
            closers.delete(shut)
            controller.close()
            return false
          }
          controller.enqueue(encoder.encode(text))
          return true
        }
        shut = () => {
          if (reader !== undefined) reading.delete(reader)
          controller.close()
        }
        closers.set(shut, who)
        reader = { send, watch }
        reading.add(reader)
        send('retry: 1000\n\n')
        send(first(reader) ?? '')
      },
      cancel() {
        closers.delete(shut)
        if (reader !== undefined) reading.delete(reader)
      },
    },
    { highWaterMark: LAG_MAX },
  )
}

function cut(closers: Readers['closers'], may: (who: Who) => boolean): void {
  for (const [shut, who] of closers) {
    if (who === undefined || may(who)) continue
    closers.delete(shut)
    shut()
  }
}

function shutAll(closers: Readers['closers']): void {
  for (const shut of closers.keys()) shut()
  closers.clear()
}

/** What a reader is told of a status: a page what differs, everybody else all of it. `always`: also when nothing differs. */
function teller(now: ClusterStatus, always: boolean): (reader: Reader) => string | undefined {
  let json: string | undefined
  return ({ watch }) => {
    if (watch !== undefined) return watch.next(now, always)
    json ??= frame('status', JSON.stringify(now))
    return json
  }
}

export function createFeed(clock: Clock, status: () => ClusterStatus): Feed {
  const readers = new Set<Reader>()
  const closers = new Map<() => void, Who | undefined>()
  let dirty = false
  let sentAt = Number.NEGATIVE_INFINITY
  let repeatedAt = Number.NEGATIVE_INFINITY
  const all = (text: (reader: Reader) => string | undefined) => {
    for (const reader of readers) {
      const now = text(reader)
      if (now !== undefined && !reader.send(now)) readers.delete(reader)
    }
  }
  const flush = () => {
    const now = clock.monotonic()
    const repeat = now - repeatedAt >= REPEAT_MS
    if (readers.size === 0 || now - sentAt < STATUS_INTERVAL_MS || !(dirty || repeat)) return
    dirty = false
    sentAt = now
    if (repeat) repeatedAt = now
    all(teller(status(), repeat))
  }
  const stop = new AbortController()
  let planned = false
  /** What came too soon after the last message goes out when its time comes, not at the hub's next tick. */
  const flushLater = () => {
    if (!dirty || planned || readers.size === 0) return
    planned = true
    const ms = Math.max(1, sentAt + STATUS_INTERVAL_MS - clock.monotonic())
    const then = () => {
      planned = false
      if (!stop.signal.aborted) flush()
    }
    void clock.sleep(ms, stop.signal).then(then, then)
  }
  return {
    open: (watch, who) =>
      readers.size >= STREAMS_MAX
        ? undefined
        : streamFor({ reading: readers, closers }, watch, who, teller(status(), true)),
    cut: (may) => cut(closers, may),
    touch() {
      dirty = true
      flush()
      flushLater()
    },
    event(event) {
      const text = frame('event', JSON.stringify(event))
      all((reader) => (reader.watch === undefined ? text : undefined))
      dirty = true
      flushLater()
    },
    alert(alert) {
      const text = frame('alert', JSON.stringify(alert))
      all(() => text)
    },
    tick: flush,
    close() {
      stop.abort()
      readers.clear()
      shutAll(closers)
    },
  }
}
