// Token buckets by key, bounded in number. Pure but for the time passed in.

export type Rate = {
  /** True when this call is within the rate. */
  take(key: string, now: number): boolean
}

/** `burst` calls at once, then `perSecond`; at most `keysMax` keys are remembered. */
export function createRate(burst: number, perSecond: number, keysMax = 10_000): Rate {
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take(key, now) {
      const bucket = buckets.get(key) ?? { left: burst, at: now }
      const left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond)
      buckets.delete(key)
      // Insertion order is age of last use: the oldest key goes first.
      const oldest = buckets.size >= keysMax ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      buckets.set(key, { left: left >= 1 ? left - 1 : left, at: now })
      return left >= 1
    },
  }
}
