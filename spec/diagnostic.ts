// What is wrong with a spec, where, and what to do about it.

/** 1-based position in the text. */
export type Position = { readonly line: number; readonly column: number }

/** One finding. `path` is a JSON pointer (RFC 6901); messages of errors start with "cannot". */
export type Diagnostic = {
  /** HAnnn, stable, listed in spec/README.md, never reused. */
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly path: string
  readonly message: string
  readonly hint: string
  readonly at?: Position
}

/** Result of every parser: all diagnostics at once, a value only when there is no error. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }
