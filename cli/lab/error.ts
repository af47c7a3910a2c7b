// What goes wrong in a lab that the user can do something about: one sentence and one hint.

export class LabError extends Error {
  override name = 'LabError'
  readonly hint: string
  constructor(message: string, hint = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
  }
}
