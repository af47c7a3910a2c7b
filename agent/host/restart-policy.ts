// When a dead daemon is started again: at once the first time, then later and later while it keeps dying. Pure.
import { RESTART_DELAY_MS_MAX, RESTART_DELAY_MS_MIN, RESTART_RESET_MS } from './limits.ts'

/** Deaths in a row, each within RESTART_RESET_MS of its start. */
export type Deaths = { readonly inARow: number; readonly delayMs: number }
export const NO_DEATHS: Deaths = { inARow: 0, delayMs: 0 }

/** delayMs: 0, then 100 ms doubling up to 5 s; a life of 30 s or more wipes the slate. */
export function afterDeath(before: Deaths, aliveMs: number): Deaths {
  const earlier = aliveMs >= RESTART_RESET_MS ? 0 : before.inARow
  const doubled = RESTART_DELAY_MS_MIN * 2 ** Math.min(earlier - 1, 16)
  return {
    inARow: earlier + 1,
    delayMs: earlier === 0 ? 0 : Math.min(doubled, RESTART_DELAY_MS_MAX),
  }
}
