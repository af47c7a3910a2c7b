// Counts of tests, and how node's own reporter says them.

export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number }

export const NONE: Totals = { passed: 0, failed: 0, skipped: 0 }
export const PASSED: Totals = { passed: 1, failed: 0, skipped: 0 }
export const FAILED: Totals = { passed: 0, failed: 1, skipped: 0 }

export const add = (a: Totals, b: Totals): Totals => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/**
 * Totals at the end of a TAP report. A report that ends early, has no test at all, or belongs to a process that failed
 * although every test passed, counts as a failure: silence is never success.
 */
export function totalsOf(tap: string, exitedWell: boolean): Totals {
  const count = (word: string): number =>
    Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled')
  const totals = { passed: count('pass'), failed, skipped: count('skipped') + count('todo') }
  const silent = totals.passed + totals.failed + totals.skipped === 0
  if (silent || (!exitedWell && failed === 0)) return add(totals, FAILED)
  return totals
}

/** Of the closing line of test/mutants/run.ts; a run that does not get there has failed. */
export function mutantTotals(output: string, exitedWell: boolean): Totals {
  const line = /^mutants: (\d+) of (\d+) die$/m.exec(output)
  if (line === null) return FAILED
  const passed = Number(line[1])
  const totals = { passed, failed: Number(line[2]) - passed, skipped: 0 }
  return !exitedWell && totals.failed === 0 ? add(totals, FAILED) : totals
}

/** The closing line. */
export const closingLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
