// Versions of engines, compared, and the ranges in which a directive may be rendered.
import type { Version } from '../engine.ts'

/** First version that has it, first that warns about it, and what the operator lives with where it is missing. */
export type Range = { readonly from: Version; readonly until?: Version; readonly without: string }

/** Negative when a < b; missing parts count as 0. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** True when `version` is `first` or later; missing parts count as 0. */
export const atLeast = (version: Version, first: Version): boolean =>
  compareVersions(version, first) >= 0

/** Whether this version takes what the range is of without an error or a warning that is avoidable. */
export const within = (version: Version, { from, until }: Range): boolean =>
  atLeast(version, from) && (until === undefined || !atLeast(version, until))
