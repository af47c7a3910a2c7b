// Warnings that a daemon of some release has about a correct rendering, each with its reason. Everything else is a failure.
import type { Suite } from './suites.ts'

export type Expected = {
  readonly engine: string
  readonly suites: readonly Suite[]
  readonly match: RegExp
  readonly why: string
}

export const EXPECTED: readonly Expected[] = []

export const isExpected = (engine: string, suite: Suite, warning: string): boolean =>
  EXPECTED.some(
    (one) => one.engine === engine && one.suites.includes(suite) && one.match.test(warning),
  )
