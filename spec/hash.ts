// One digest for one meaning: sha256 over JSON with sorted keys.
import { createHash } from 'node:crypto'
import type { Spec } from './schema.ts'

/** sha256 of the UTF-8 bytes of `text`, 64 lower-case hex digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** JSON with keys sorted by UTF-16 code unit and no blanks; `undefined` members are left out. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

/** Digest of what a spec means. `$schema` is for editors and `serial` for trust: neither changes a node. */
export function digestOf(spec: Spec): string {
  const { $schema: _editor, serial: _order, ...meaning } = spec
  return sha256(canonical(meaning))
}
