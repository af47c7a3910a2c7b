// What a provider of a daemon brings: how its configuration is checked, and how the running process proves what it runs.
import type { Exec } from './world.ts'

/** Version as numbers, [2, 6, 12]. */
export type Version = readonly number[]

export type CheckVerdict =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] }

export type Engine = {
  readonly name: string
  /** Command that checks the candidate; undefined where the version has no check (keepalived before 2.0.4). */
  checkArgv(candidate: string, version: Version): readonly string[] | undefined
  /** Classifies messages and exit together; fails closed on unknown text (FIELD 4.3). Pure. */
  classify(result: Exec): CheckVerdict
  /** How the running digest is read. Pure description; the host performs it. */
  readonly proof:
    | { readonly by: 'socket'; readonly socket: string; readonly command: string }
    | { readonly by: 'dump'; readonly signal: 'SIGUSR1'; readonly path: string }
    | { readonly by: 'get'; readonly url: string }
  /** Digest found in the answer or dump, '' when there is none. Pure. */
  digestIn(answer: string): string
}
