// What the hub is given: everything that is not deterministic, and the one judge of specs.
import type { Secret } from '../spec/secret.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Parsed } from '../spec/diagnostic.ts'
import type { Courier } from '../spec/notice.ts'
import type { Store } from './store.ts'
import type { NodeCa } from './tls/node-ca.ts'
import type { TokenBook } from './tokens.ts'
import type { Look } from './verify.ts'

/** Same shape as the agent's clock, so that one test clock serves both. */
export type Clock = {
  now(): number
  monotonic(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
export type Log = (message: string) => void

export type HubDeps = {
  readonly store: Store
  readonly book: TokenBook
  /** Shared with git servers that call POST /v1/hooks/git. */
  readonly hookSecret: Secret
  /** True lets viewers in without a token (the lab, on loopback); never operators or agents. */
  readonly open: boolean
  readonly clock: Clock
  readonly log: Log
  /** Random ids for events and nonces. */
  readonly id: () => string
  /** Takes messages to people. */
  readonly courier: Courier
  /** Gives nodes certificates; absent: this hub has no CA. */
  readonly nodeCa?: NodeCa
  /** Fingerprint that join tokens carry: of the CA behind the hub's certificate. Absent, or undefined: none to name. */
  readonly joinCa?: () => string | undefined
  /** Absent: this hub looks at nobody's listeners. */
  readonly look?: Look | undefined
  /** When the certificate that the hub shows ends, milliseconds since 1970; absent: plain HTTP. */
  readonly shownUntil?: () => number
  readonly check: (text: string) => Parsed<Cluster>
}
