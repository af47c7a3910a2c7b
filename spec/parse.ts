// The door for specs: text in, a valid spec or every finding out.
import { Value } from '@sinclair/typebox/value'
import type { Diagnostic, Parsed } from './diagnostic.ts'
import { lintRest } from './judgeable.ts'
import { SPEC_VERSION } from './limits.ts'
import { migrate, versionOf } from './migrate.ts'
import { schemaDiagnostics } from './schema-errors.ts'
import { Spec } from './schema.ts'
import { type Located, positionAt, readJson } from './text.ts'

/** Reads strict JSON, refuses newer versions, migrates older ones, checks the schema. Never throws. */
export function parseSpec(text: string): Parsed<Spec> {
  const located = readJson(text)
  if (located.value === undefined) return { ok: false, diagnostics: located.diagnostics }
  const version = versionOf(located.value)
  if (version !== undefined && version > SPEC_VERSION) {
    return { ok: false, diagnostics: placed([tooNew(version)], text, located) }
  }
  const value = migrate(located.value)
  if (Value.Check(Spec, value) && located.diagnostics.length === 0) {
    return { ok: true, value, diagnostics: [] }
  }
  const errors = [...Value.Errors(Spec, value)]
  // A key twice: nobody knows which one is meant, so nothing is said of the rest.
  const more = located.diagnostics.length > 0 ? [] : lintRest(value, errors)
  const found = placed([...schemaDiagnostics(errors), ...more], text, located)
  return { ok: false, diagnostics: sorted([...located.diagnostics, ...found]) }
}

/** Gives every finding its line and column: of the value, or of the key where that or all of an object is at fault. */
export function placed(
  diagnostics: readonly Diagnostic[],
  text: string,
  located: Pick<Located, 'places'>,
): readonly Diagnostic[] {
  return diagnostics.map((one) => {
    if (one.at !== undefined) return one
    const place = placeOf(one.path, located)
    const byKey = one.code === 'HA004' || '{['.includes(text.charAt(place.value))
    const offset = byKey ? place.key : place.value
    return { ...one, at: positionAt(text, offset) }
  })
}

/** In the order of the text, so that a reader goes through it once. */
export const sorted = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.toSorted(
    (a, b) =>
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0) ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  )

/** What is missing has no place of its own: the nearest thing around it has. */
function placeOf(path: string, located: Pick<Located, 'places'>) {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = located.places.get(at)
    if (place !== undefined) return place
  }
  return located.places.get('') ?? { key: 0, value: 0 }
}

const tooNew = (version: number): Diagnostic => ({
  code: 'HA007',
  severity: 'error',
  path: '/version',
  message: `cannot read spec version ${version}: this hactl knows ${SPEC_VERSION}`,
  hint: 'update hactl on this host before the spec',
})
