// Exit codes that scripts may rely on, and the one error a command throws on purpose.

export const EXIT = {
  ok: 0,
  /** The thing asked about is not so: rolled back, not converged, warnings with --strict. */
  no: 1,
  usage: 2,
  invalid: 3,
  refused: 4,
  unreachable: 5,
  conflict: 6,
  /** hactl doctor found an error; a warning alone is 1. */
  faults: 7,
  bug: 70,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Ends a command with a code. An empty message prints nothing: the command has said it all. */
export class Exit extends Error {
  override name = 'Exit'
  readonly code: ExitCode
  readonly hint: string
  constructor(code: ExitCode, message = '', hint = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

/** Message of whatever was thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** errno name (ENOENT ...) of a system error, '' for anything else. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
