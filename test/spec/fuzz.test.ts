// Whatever text comes in: no exception, a position for each finding, no value that breaks out of its line.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { renderDiagnostics } from '../../spec/caret.ts'
import { checkSpec } from '../../spec/check.ts'
import { digestOf } from '../../spec/hash.ts'
import { parseSpec } from '../../spec/parse.ts'
import { resolve } from '../../spec/resolve.ts'

const EXAMPLE = readFileSync('spec/examples/wordpress.json', 'utf8')
const RICH = readFileSync('test/cases/lint/good-everything-once/spec.json', 'utf8')

/** Leaves of a JSON value, with a way to put another one in their place. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]))
}
function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return by
  if (Array.isArray(value)) {
    return value.map((member, at) => (String(at) === key ? replaced(member, rest, by) : member))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === key ? replaced(member, rest, by) : member,
    ]),
  )
}
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, shuffled(member)] as const)
  return Object.fromEntries(members.reverse())
}
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [key, ...texts(member)])
}

function holds(text: string): void {
  const { spec, cluster, diagnostics } = checkSpec(text)
  const failed = diagnostics.some((one) => one.severity === 'error')
  assert.equal(cluster === undefined, failed)
  for (const one of diagnostics) assert.ok(one.at && one.at.line >= 1 && one.at.column >= 1)
  assert.equal(renderDiagnostics(text, diagnostics, 'f', true) === '', diagnostics.length === 0)
  if (spec === undefined) return
  for (const word of texts(spec)) assert.doesNotMatch(word, /[\r\n\0]/)
}

test('any text is judged without an exception', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), holds))
  fc.assert(fc.property(fc.json(), holds))
})

test('any cut and any changed letter of a good spec is judged without an exception', () => {
  const at = fc.nat({ max: RICH.length })
  fc.assert(
    fc.property(at, fc.nat({ max: 5 }), fc.string({ unit: 'grapheme', maxLength: 3 }), (a, n, s) =>
      holds(RICH.slice(0, a) + s + RICH.slice(a + n)),
    ),
    { numRuns: 200 },
  )
})

test('any value in the place of any leaf is judged without an exception', () => {
  const good: unknown = JSON.parse(RICH)
  const words = [
    'a\nb',
    'x\u0000',
    '"',
    "'",
    '\\',
    'constructor',
    '0.0.0.0',
    '::/0',
    'a b',
    '$x',
    '%',
    '\u2028',
  ]
  const value = fc.oneof(fc.constantFrom(...words), fc.jsonValue({ maxDepth: 1 }))
  fc.assert(
    fc.property(fc.constantFrom(...leaves(good)), value, (path, by) =>
      holds(JSON.stringify(replaced(good, path, by), null, 1)),
    ),
    { numRuns: 500 },
  )
})

test('no prefix of a good spec is a good spec', () => {
  const end = EXAMPLE.trimEnd().length
  fc.assert(fc.property(fc.nat({ max: end - 1 }), (at) => !parseSpec(EXAMPLE.slice(0, at)).ok))
})

test('digest and normal form do not depend on the order of keys', () => {
  for (const text of [EXAMPLE, RICH]) {
    const one = parseSpec(text)
    const other = parseSpec(JSON.stringify(shuffled(JSON.parse(text))))
    assert.ok(one.ok && other.ok)
    assert.notEqual(JSON.stringify(one.value), JSON.stringify(other.value))
    assert.equal(digestOf(other.value), digestOf(one.value))
    assert.deepEqual(resolve(other.value), resolve(one.value))
    assert.equal(digestOf({ ...one.value, $schema: 'elsewhere' }), digestOf(one.value))
    assert.notEqual(digestOf({ ...one.value, cluster: 'other' }), digestOf(one.value))
  }
})
