// Errors of the schema in the operator's words: one finding for one fault.
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import type { Diagnostic } from './diagnostic.ts'
import { NAME_PATTERN } from './names.ts'
import { printable } from './text.ts'
import { nearest } from './words.ts'

/** Findings without positions, at most one for each path: the first is the one that says why. */
export function schemaDiagnostics(errors: Iterable<ValueError>): Diagnostic[] {
  const found = new Map<string, Diagnostic>()
  for (const error of errors) if (!found.has(error.path)) found.set(error.path, plain(error))
  return [...found.values()]
}

function plain(error: ValueError): Diagnostic {
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return unknownKey(error)
  const { path } = error
  const key = lastKey(path)
  const description: unknown = error.schema.description
  const about = typeof description === 'string' ? description : ''
  if (error.type === ValueErrorType.ObjectRequiredProperty) {
    const hint = about === '' ? `add "${key}"` : `add "${key}": ${about}`
    return fault('HA005', path, `cannot do without "${key}" in ${where(parent(path))}`, hint)
  }
  const hint = [meant(error), about].filter((part) => part !== '').join('; ')
  const message = `cannot use ${shown(error.value)} for ${where(path)}: ${rule(error)}`
  return fault('HA006', path, message, hint === '' ? rule(error) : hint)
}

const fault = (code: string, path: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: 'error',
  path,
  message,
  hint,
})

function unknownKey(error: ValueError): Diagnostic {
  const key = lastKey(error.path)
  const message = `cannot use "${printable(key)}" in ${where(parent(error.path))}`
  if (error.schema['patternProperties'] !== undefined) {
    const hint = `a name matches ${Object.keys(error.schema['patternProperties'])[0] ?? NAME_PATTERN}`
    return fault('HA004', error.path, `${message}: it is not a good name`, hint)
  }
  const known = Object.keys(error.schema['properties'] ?? {})
  const near = nearest(key, known)
  const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`
  return fault('HA004', error.path, `${message}: unknown key`, hint)
}

function meant(error: ValueError): string {
  const words = enumOf(error)
  if (words === undefined || typeof error.value !== 'string') return ''
  const near = nearest(error.value, words)
  return near === undefined ? '' : `did you mean "${near}"?`
}

function enumOf(error: ValueError): readonly string[] | undefined {
  const words: unknown = error.schema['enum']
  return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : undefined
}

/** What the schema wants, without its regular expressions where words say more. */
function rule(error: ValueError): string {
  const { schema } = error
  const words = enumOf(error)
  if (words !== undefined) return `it is one of ${words.join(', ')}`
  if (schema['const'] !== undefined) return `it is ${JSON.stringify(schema['const'])}`
  switch (schema['type']) {
    case 'integer':
      return `it is a whole number ${range(schema['minimum'], schema['maximum'])}`
    case 'boolean':
      return 'it is true or false'
    case 'string':
      return `it is text that matches ${String(schema['pattern'] ?? 'nothing special')}`
    case 'array':
      return error.type === ValueErrorType.ArrayUniqueItems
        ? 'an item stands there twice'
        : `it is a list ${range(schema['minItems'], schema['maxItems'])} items long`
    case 'object':
      if (schema['maxProperties'] === undefined && schema['minProperties'] === undefined) {
        return 'it is an object'
      }
      return `it is an object ${range(schema['minProperties'], schema['maxProperties'])} keys long`
    default:
      return 'it is something else'
  }
}

const range = (minimum: unknown, maximum: unknown): string =>
  `from ${String(minimum ?? 0)} to ${String(maximum ?? 'any')}`

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'this list'
  if (typeof value === 'object' && value !== null) return 'this object'
  return printable(JSON.stringify(value) ?? 'nothing')
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'))
const lastKey = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
const where = (path: string): string => (path === '' ? 'the spec' : printable(path))
