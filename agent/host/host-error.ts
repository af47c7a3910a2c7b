// The one error the host throws: what it was doing, and why it could not, with the cause kept.

/** `errno` name of a system error, '' for anything else. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  EISDIR: 'it is a directory',
  ECONNREFUSED: 'nobody listens there',
}

/** The reason in the operator's words; the original message where we have none. */
export const reasonOf = (error: unknown): string =>
  WORDS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

export class HostError extends Error {
  override name = 'HostError'
  /** errno name such as ENOSPC, '' when the failure was not a system call's. */
  readonly code: string
  constructor(doing: string, cause: unknown) {
    super(`cannot ${doing}: ${reasonOf(cause)}`, { cause })
    this.code = codeOf(cause)
  }
}
