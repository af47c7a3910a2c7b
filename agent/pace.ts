// The sleep between two passes: a push cuts it short, the watchdog sees that it goes on.
import type { Clock } from './world.ts'

/** While something is waited for (a turn, a peer), the next pass comes after this. */
export const AGAIN_MS = 100
/** A long sleep is cut into these, so that the watchdog sees that the loop still turns. */
const SLICE_MS = 30_000

export type Pace = {
  wake(): void
  /** `turn` after each slice. */
  sleep(clock: Clock, ms: number, signal: AbortSignal, turn: () => void): Promise<void>
}

/** A sleep that a push can cut short; a wake during a pass makes the next sleep end at once. */
export function createPace(): Pace {
  let woken = false
  let cut: AbortController | undefined
  return {
    wake: () => {
      woken = true
      cut?.abort()
    },
    sleep: async (clock, ms, signal, turn) => {
      cut = new AbortController()
      const either = AbortSignal.any([cut.signal, signal])
      // Whoever wakes us all the time, a lying hub for one, must not keep this machine busy.
      await clock.sleep(Math.min(ms, AGAIN_MS), signal).catch(() => undefined)
      for (let left = ms - AGAIN_MS; left > 0 && !woken && !signal.aborted; left -= SLICE_MS) {
        // Aborted by a wake or by the end of the agent: both just end the sleep.
        await clock.sleep(Math.min(left, SLICE_MS), either).catch(() => undefined)
        turn()
      }
      woken = false
    },
  }
}
