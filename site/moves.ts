// Who held each vip when, from the hub's own events: the newest changes of hands, kept in memory.
import { TRANSITIONS_KEPT_MAX, wordsOf } from './transition.ts'

/** From `at` on the vip was held as `words` say (see holderWords): a name or names, 'nobody', or 'split: ' and names. */
export type Move = { readonly vip: string; readonly words: string; readonly at: number }

export type Moves = {
  /** Newest first. */
  list(): readonly Move[]
  add(at: number, text: string): void
}

/** `before`: what was stored, newest first. */
export function createMoves(
  before: readonly { readonly at: number; readonly text: string }[],
): Moves {
  const read = (at: number, text: string): readonly Move[] => {
    const said = wordsOf(text)
    return said === undefined ? [] : [{ ...said, at }]
  }
  let kept: readonly Move[] = before.flatMap(({ at, text }) => read(at, text))
  return {
    list: () => kept,
    add(at, text) {
      kept = [...read(at, text), ...kept].slice(0, TRANSITIONS_KEPT_MAX)
    },
  }
}
