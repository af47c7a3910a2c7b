// Every rule, in the order of its code. spec/README.md has the table.
import { addressValid } from './address-valid.ts'
import { referenceKnown } from './reference-known.ts'
import type { Rule } from './rule.ts'

export const RULES: readonly Rule[] = [addressValid, referenceKnown]
