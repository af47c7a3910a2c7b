// Failures sorted by what the loop does next, not by where they came from.

/** `retry`: the world may change. `wait`: only a new spec can help. `stop`: our bug, touch nothing. */
export type Next = 'retry' | 'wait' | 'stop'

/** What was being done, in the operator's words, and what comes next. */
export class StepError extends Error {
  override name = 'StepError'
  readonly next: Next
  constructor(next: Next, message: string, cause?: unknown) {
    super(message, { cause })
    this.next = next
  }
}

/** The text of anything thrown, one line, bounded: it leaves the node. */
export function textOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 1500)
}
