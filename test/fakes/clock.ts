// Virtual time: a sleep moves it, nothing waits.
import type { Clock } from '../../agent/world.ts'

export type FakeClock = Clock & { advance(ms: number): void }

/** Starts at 2026-01-01 UTC. One sleeper at a time: for several nodes see test/sim. */
export function fakeClock(): FakeClock {
  const epochMs = 1_767_225_600_000
  let elapsedMs = 0
  return {
    now: () => epochMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      elapsedMs += ms
    },
    advance: (ms) => {
      elapsedMs += ms
    },
  }
}
