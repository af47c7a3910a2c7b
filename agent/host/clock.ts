// The real clock.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../world.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted() // the caller's reason, not the timer's AbortError
      throw error
    }
  },
}
