// What the rules can still say of a document that the schema refuses: all faults at once, and none that only follows from another.
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { Value } from '@sinclair/typebox/value'
import type { Diagnostic } from './diagnostic.ts'
import { lint } from './lint.ts'
import { Spec } from './schema.ts'

type Members = Record<string, unknown>

/**
 * Errors that rules find in `value` without the members that `faults` name; nothing where more than optional members would have to
 * go, and nothing about an object that lost one or its members, since that may be what is missed.
 */
export function lintRest(value: unknown, faults: readonly ValueError[]): readonly Diagnostic[] {
  const rest: unknown = structuredClone(value)
  const touched: string[] = []
  for (const fault of faults) {
    if (!optional(fault) || !remove(rest, fault.path)) return []
    touched.push(parent(fault.path))
  }
  if (!Value.Check(Spec, rest)) return []
  const near = ({ path }: Diagnostic) => touched.some((at) => path === at || parent(path) === at)
  return lint(rest).filter((one) => one.severity === 'error' && !near(one))
}

/** A key that the schema does not have, or one scalar; an entry of a map is what others refer to. */
function optional({ type, schema, path, value }: ValueError): boolean {
  if (path.split('/').length <= 3) return false
  if (type === ValueErrorType.ObjectAdditionalProperties)
    return schema['patternProperties'] === undefined
  return ['string', 'number', 'boolean'].includes(typeof value)
}

/** False where it is an item of a list: what is behind it would move up. */
function remove(root: unknown, path: string): boolean {
  const keys = path.split('/').slice(1).map(plain)
  const last = keys.pop()
  let at = root
  for (const key of keys) {
    if (!isObject(at)) return false
    at = at[key]
  }
  if (!isObject(at) || last === undefined) return false
  delete at[last] // several faults of one member: gone is gone
  return true
}

const plain = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~')
const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'))
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
