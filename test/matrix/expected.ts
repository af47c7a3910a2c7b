// What a daemon of some release may say about a rendering, each with its reason. Everything else is a failure.
import type { Suite } from './suites.ts'

export type Expected = {
  readonly engine: string
  readonly suites: readonly Suite[]
  readonly match: RegExp
  readonly why: string
}

export const EXPECTED: readonly Expected[] = [
  {
    engine: 'nginx',
    suites: ['bullseye'],
    match:
      /^unknown directive "limit_conn_status"|^"limit_conn_zone" directive is not allowed here/,
    why: 'nginx-light of Debian 11 is built without limit_conn; nginx-core and nginx-full have it, and so have all later packages',
  },
  {
    engine: 'haproxy',
    suites: ['bullseye'],
    match: /unknown keyword '\.(?:end)?if' in 'frontend' section/,
    why: 'conditions came with haproxy 2.4; lines that are kept as they were are for the haproxy they were written for',
  },
]

export const isExpected = (engine: string, suite: Suite, said: string): boolean =>
  EXPECTED.some(
    (one) => one.engine === engine && one.suites.includes(suite) && one.match.test(said),
  )
