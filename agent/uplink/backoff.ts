// How long the agent waits before it calls a hub again that it could not reach.
import type { Random } from '../world.ts'

const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 10_000
/** A line that lived this long was a good one: the next backoff starts small again. */
export const GOOD_MS_MIN = 10_000

/** Full jitter: a hub that comes back is not met by all agents at once. */
export const backoffMs = (attempt: number, random: Random): number =>
  random.between(BACKOFF_MS_MIN, Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (attempt + 1)))
