// Which units run, asked once a second for those that a vip depends on. One question for all of them.
import { parseUnits, showUnits } from '../units.ts'
import type { Clock, Host } from '../world.ts'
import { UNIT_WATCH_INTERVAL_MS, UNIT_WATCH_TIMEOUT_MS, UNIT_WAY_MS_MAX } from './limits.ts'

export type UnitWatch = {
  /** undefined while it is not known: not asked yet, no answer, or on its way up or down for a moment. */
  runs(unit: string): boolean | undefined
  close(): Promise<void>
}

/** Between two states; a unit that stays in one of them does not serve. */
const ON_ITS_WAY = ['activating', 'deactivating', 'reloading']

export function startUnitWatch(options: {
  readonly host: Pick<Host, 'run'>
  readonly clock: Clock
  readonly units: () => readonly string[]
}): UnitWatch {
  const { host, clock } = options
  const known = new Map<string, boolean>()
  const since = new Map<string, number>()
  const stopping = new AbortController()
  const runsBy = (unit: string, active: string | undefined): boolean | undefined => {
    if (active === undefined || !ON_ITS_WAY.includes(active)) {
      since.delete(unit)
      return active === undefined ? undefined : active === 'active'
    }
    const begun = since.get(unit) ?? clock.monotonic()
    since.set(unit, begun)
    // A long reload still serves (systemctl(1)).
    if (clock.monotonic() - begun < UNIT_WAY_MS_MAX) return undefined
    return active === 'reloading'
  }
  const look = async (): Promise<void> => {
    const units = [...new Set(options.units())]
    for (const unit of known.keys()) if (!units.includes(unit)) known.delete(unit)
    if (units.length === 0) return
    const { code, stdout } = await host.run(showUnits(units), UNIT_WATCH_TIMEOUT_MS)
    const states = code === 0 ? parseUnits(stdout) : []
    for (const [i, unit] of units.entries()) {
      const runs = runsBy(unit, states[i]?.active)
      if (runs === undefined) known.delete(unit)
      else known.set(unit, runs)
    }
  }
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch(() => known.clear())
      await clock.sleep(UNIT_WATCH_INTERVAL_MS, stopping.signal).catch(() => undefined)
    }
  }
  const running = loop()
  return {
    runs: (unit) => known.get(unit),
    async close() {
      stopping.abort(new Error('closed'))
      await running
    },
  }
}
