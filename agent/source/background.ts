// A source that may take long works beside the passes: a hanging server must not keep a node from healing.
import type { Clock, Fetched, Random, Source } from '../world.ts'

export type BackgroundOptions = {
  readonly clock: Clock
  readonly random: Random
  /** From the end of one fetch to the begin of the next, plus up to a tenth: nodes do not come all at once. */
  readonly everyMs: number
  /** The server holds questions until something is new: the next look begins by itself, HOLD_PAUSE_MS after the last. */
  readonly holds?: () => boolean
  /** There is something to take, or to begin. */
  readonly wake: () => void
  /** Ends the fetch that is on its way. */
  readonly signal: AbortSignal
}

/** Whoever hurries us without end gets a look a second. */
const HURRY_MS_MIN = 1_000
/** Whatever a server does that says it holds questions, it is asked once a second at most. */
const HOLD_PAUSE_MS = 1_000

type Outcome =
  | { readonly is: 'fetched'; readonly fetched: Fetched }
  | { readonly is: 'failed'; readonly error: unknown }

/**
 * Each fetch() says at once what came since the last one, and begins the next look when that is due. hurry() makes it
 * due now; during a look it makes another one follow, because the one on its way may have looked too early.
 */
export function background(source: Source, options: BackgroundOptions): Source {
  const { clock, random, everyMs, holds, wake, signal } = options
  let endedMs = Number.NEGATIVE_INFINITY
  let dueMs = Number.NEGATIVE_INFINITY
  let running = false
  let again = false
  let hurried = false
  let outcome: Outcome | undefined
  const soon = () => {
    hurried = true
    const waitMs = Math.max(0, endedMs + HURRY_MS_MIN - clock.monotonic())
    dueMs = Math.min(dueMs, clock.monotonic() + waitMs)
    if (waitMs === 0) wake()
    else void clock.sleep(waitMs, signal).then(wake, () => undefined)
  }
  const onward = () => {
    if (!running) void look()
  }
  const look = async () => {
    running = true
    again = false
    hurried = false
    try {
      const fetched = await source.fetch(signal)
      if (fetched !== undefined) outcome = { is: 'fetched', fetched }
    } catch (error) {
      // What came before and was not taken yet is worth more than why nothing came after it.
      outcome ??= { is: 'failed', error }
    }
    running = false
    endedMs = clock.monotonic()
    dueMs = endedMs + everyMs + random.between(0, Math.floor(everyMs / 10))
    if (signal.aborted) return
    if (outcome !== undefined) wake()
    if (again) soon()
    else if (holds?.() === true)
      void clock.sleep(HOLD_PAUSE_MS, signal).then(onward, () => undefined)
  }
  return {
    name: source.name,
    async fetch() {
      signal.throwIfAborted()
      const said = outcome
      outcome = undefined
      if (!running && clock.monotonic() >= dueMs) void look()
      if (said?.is === 'failed') throw said.error
      return said?.fetched
    },
    hurry() {
      if (running) again = true
      // One that waits already is soon enough.
      else if (!hurried) soon()
    },
  }
}
