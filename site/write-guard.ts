// Writes that may fail: a full disk is said once, ends nothing, and is noticed to be over without being asked.
import type { HubDeps } from './deps.ts'

/** How often a store that failed is tried. */
const TRY_MS = 2_000
/** A small write may find room where a larger one finds none: well is what has not failed for this long. */
const WELL_MS = 5_000

export type Guard = {
  /** Runs a write; false when it failed. */
  write(work: () => void): boolean
  /** Why a write failed within WELL_MS, or since then none worked; else ''. */
  fault(): string
  /** Tries the store when its last write failed; called by the hub's tick. */
  tick(): void
}

export function createGuard({
  store,
  clock,
  log,
}: Pick<HubDeps, 'store' | 'clock' | 'log'>): Guard {
  let fault = ''
  let triedAt = 0
  let failedAt = 0
  const write = (work: () => void) => {
    triedAt = clock.monotonic()
    try {
      work()
      if (fault !== '' && triedAt - failedAt >= WELL_MS) {
        log('hub store: writing works again')
        fault = ''
      }
      return true
    } catch (error) {
      const now = error instanceof Error ? error.message : String(error)
      if (fault === '') log(`hub store: ${now}`)
      fault = now
      failedAt = triedAt
      return false
    }
  }
  return {
    write,
    fault: () => fault,
    tick() {
      if (fault !== '' && clock.monotonic() - triedAt >= TRY_MS) write(store.tryWrite)
    },
  }
}
