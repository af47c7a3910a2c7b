// Randomness from a seed: the same seed, the same run.
import type { Random } from '../../agent/world.ts'

export function fakeRandom(seed: number): Random {
  let state = seed >>> 0
  // mulberry32: 32 bits of state are enough for choosing faults
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    between: (min, max) => min + (next() % (max - min + 1)),
    id: () => [next(), next()].map((n) => n.toString(16).padStart(8, '0')).join(''),
  }
}
