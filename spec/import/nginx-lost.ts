// What of an nginx.conf finds no place in the spec, and what a person must decide.
import type { Part } from './nginx-text.ts'
import type { Fate, Import } from './types.ts'

export const decideAt = ({ directive }: Part, what: string, imp: Import): undefined =>
  imp.decide(`${directive.file}:${directive.line}`, what)

/** A directive, and for a block all in it. */
export function sayAll(part: Part, fate: Fate, why: string, imp: Import): undefined {
  imp.say(part.directive, fate, why)
  for (const child of part.children) sayAll(child, fate, why, imp)
}

/** A block or directive with no place, and all in it. */
export function unknown(
  part: Part,
  imp: Import,
  why = 'it has no place in a server block of the spec',
): undefined {
  sayAll(part, 'not-taken', why, imp)
  decideAt(part, `"${part.directive.text.slice(0, 100)}" is not taken: ${why}`, imp)
}
