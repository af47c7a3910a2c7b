// One virtual time for all nodes: whoever sleeps is woken in order; between two wakes every promise settles.
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../agent/world.ts'

export type Timeline = {
  elapsedMs(): number
  /** Resolves when this much virtual time has gone by. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Wakes sleepers in order until this much time has gone by. */
  advance(ms: number): Promise<void>
}
type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void }

export function createTimeline(): Timeline {
  let nowMs = 0
  let order = 0
  const sleepers: Sleeper[] = []
  const next = (): Sleeper | undefined => {
    let best: Sleeper | undefined
    for (const s of sleepers) {
      if (
        best === undefined ||
        s.atMs < best.atMs ||
        (s.atMs === best.atMs && s.order < best.order)
      )
        best = s
    }
    return best
  }
  return {
    elapsedMs: () => nowMs,
    sleep: (ms) =>
      new Promise((wake) => void sleepers.push({ atMs: nowMs + ms, order: order++, wake })),
    advance: async (ms) => {
      const until = nowMs + ms
      for (;;) {
        await setImmediate()
        const sleeper = next()
        if (sleeper === undefined || sleeper.atMs > until) break
        sleepers.splice(sleepers.indexOf(sleeper), 1)
        nowMs = sleeper.atMs
        sleeper.wake()
      }
      nowMs = until
    },
  }
}

const EPOCH_MS = 1_767_225_600_000

/** A node's clock: its wall time may be wrong by `offsetMs`, its monotonic time never is. */
export const clockOf = (timeline: Timeline, offsetMs: () => number): Clock => ({
  now: () => EPOCH_MS + timeline.elapsedMs() + offsetMs(),
  monotonic: timeline.elapsedMs,
  sleep: timeline.sleep,
})
