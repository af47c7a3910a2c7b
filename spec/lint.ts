// Runs every rule: what a valid document can still get wrong.
import type { Diagnostic } from './diagnostic.ts'
import { RULES } from './rules/index.ts'
import type { Spec } from './schema.ts'

/** All findings of all rules, without positions. Never throws on what the schema lets through. */
export const lint = (spec: Spec): readonly Diagnostic[] => RULES.flatMap((rule) => rule(spec))
