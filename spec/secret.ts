// A value that must not be seen: it cannot be printed by accident, only be taken out by the one door.

/** What stands where a secret would: in texts for people, in JSON, in dumps. */
export const SECRET_MASK = '[secret]'

const inspect = Symbol.for('nodejs.util.inspect.custom')

export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself. Called only where it goes to a daemon's file, a header or a key: test/tidy.test.ts holds the list. */
  reveal(): string {
    return this.#value
  }
  /** No secret at all: nothing was given. */
  get empty(): boolean {
    return this.#value === ''
  }
  toString(): string {
    return SECRET_MASK
  }
  toJSON(): string {
    return SECRET_MASK
  }
  [inspect](): string {
    return SECRET_MASK
  }
}

/** Where none is given. */
export const NO_SECRET = new Secret('')

/** Value of an authorization header (RFC 6750); without a token "Bearer" alone, as an HTTP field ends before its last blank. */
export const bearer = (token: Secret): string => `Bearer ${token.reveal()}`.trimEnd()
