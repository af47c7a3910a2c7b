// What a command may touch of the process it runs in; cli/main.ts builds the only real one, tests a fake one.
import type { Clock } from '../agent/world.ts'

export type Io = {
  /** Writes exactly this text to standard output; the caller brings the newline. */
  out(text: string): void
  /** The same to standard error. */
  err(text: string): void
  /** Colours are wanted: a terminal and no NO_COLOR. */
  readonly color: boolean
  /** Standard output is a terminal: progress may be redrawn in place. */
  readonly terminal: boolean
  /** --json was given: one JSON document (or one per line while following) on standard output. */
  json: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Login name of who runs this: under sudo the one who called it. */
  readonly user: string
  /** The whole of standard input, at most SPEC_BYTES_MAX. */
  stdin(): Promise<string>
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** A command line that says nothing and touches nothing: where only its shape is wanted. */
export const muteIo: Io = {
  out: () => {},
  err: () => {},
  color: false,
  terminal: false,
  json: false,
  cwd: '/',
  env: {},
  user: 'nobody',
  stdin: async () => '',
  signal: new AbortController().signal,
  clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
}
