// Health of a proxy as a state machine: several answers in a row change it, a single one never does. Pure.

export type Health = {
  readonly healthy: boolean
  /** Probes in a row that say the opposite of `healthy`. */
  readonly against: number
}
/** Probes in a row that make it healthy (rise) or dead (fall); both at least 1. */
export type HealthSettings = { readonly rise: number; readonly fall: number }

export function nextHealth(state: Health, probeOk: boolean, settings: HealthSettings): Health {
  if (probeOk === state.healthy) return state.against === 0 ? state : { ...state, against: 0 }
  const against = state.against + 1
  const needed = state.healthy ? settings.fall : settings.rise
  return against >= needed ? { healthy: probeOk, against: 0 } : { ...state, against }
}
