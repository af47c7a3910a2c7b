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
