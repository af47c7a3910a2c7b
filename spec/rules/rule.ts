// What a rule is, and how it says what it found.
import type { Diagnostic } from '../diagnostic.ts'
import type { Spec } from '../schema.ts'
import { pointer } from '../text.ts'

/** One file, one rule, one code. A rule reads a spec of the right shape and trusts no reference. */
export type Rule = (spec: Spec) => readonly Diagnostic[]
type Keys = readonly (string | number)[]

const finding =
  (severity: Diagnostic['severity']) =>
  (code: string, keys: Keys, message: string, hint: string): Diagnostic => ({
    code,
    severity,
    path: pointer(...keys),
    message,
    hint,
  })
export const error = finding('error')
export const warning = finding('warning')
export const info = finding('info')

/** Entries by name; nothing for an absent section. */
export const entries = <T>(
  map: Readonly<Record<string, T>> | undefined,
): readonly (readonly [string, T])[] =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))

/** A member by a name that came from the spec: never something of the prototype. */
export const member = <T>(
  map: Readonly<Record<string, T>> | undefined,
  name: string | undefined,
): T | undefined =>
  map !== undefined && name !== undefined && Object.hasOwn(map, name) ? map[name] : undefined
