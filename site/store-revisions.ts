// Spec revisions in the hub's store: append-only, compare-and-swap on the parent, each with its signature.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { REVISIONS_KEPT_MAX } from '../spec/limits.ts'
import type { Revision } from '../spec/protocol.ts'

export type Pushed = {
  readonly body: string
  readonly digest: string
  readonly parent: number
  readonly author: string
  readonly note: string
  readonly allow: readonly string[]
  /** Text of the signature, and the fingerprint of its key; absent or '' when there is none. */
  readonly signature?: string
  readonly signer?: string
  readonly at: number
  /** Agents go back unless it is confirmed within so many milliseconds; absent: it counts at once. */
  readonly confirmMs?: number
}
export type PushResult =
  | { readonly outcome: 'created' | 'same'; readonly revision: Revision }
  | { readonly outcome: 'conflict'; readonly newest: number }
export type StoredSpec = Revision & { readonly body: string; readonly signature: string }

export type Row = Record<string, SQLOutputValue>
export const num = (row: Row, key: string): number => Number(row[key])
export const str = (row: Row, key: string): string => String(row[key])

export const toRevision = (row: Row): Revision => ({
  revision: num(row, 'revision'),
  digest: str(row, 'digest'),
  at: num(row, 'at'),
  author: str(row, 'author'),
  note: str(row, 'note'),
  allow: str(row, 'allow') === '' ? [] : str(row, 'allow').split(','),
  ...(typeof row['window_ms'] === 'number' ? { confirmMs: row['window_ms'] } : {}),
  ...(typeof row['confirmed_at'] === 'number' ? { confirmedAt: row['confirmed_at'] } : {}),
  ...(str(row, 'signer') !== '' && { signer: str(row, 'signer') }),
})
export const SELECT = 'SELECT * FROM revisions LEFT JOIN confirms USING (revision)'
export const toSpec = (row: Row | undefined): StoredSpec | undefined =>
  row === undefined
    ? undefined
    : {
        ...toRevision(row),
        body: str(row, 'body'),
        signature: str(row, 'signature'),
      }

const FLOOR = 'revisions-above'
const floorOf = (db: DatabaseSync): number =>
  num(db.prepare('SELECT value FROM marks WHERE name = ?').get(FLOOR) ?? { value: 0 }, 'value')

/** The next revision is at least `gap` above the newest: nodes may have seen some that a restored store lacks. */
export function skipRevisions(db: DatabaseSync, gap: number): void {
  const { newest } =
    db.prepare('SELECT coalesce(max(revision), 0) AS newest FROM revisions').get() ?? {}
  const floor = Math.max(floorOf(db), Number(newest ?? 0)) + gap - 1
  db.prepare(
    'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  ).run(FLOOR, floor)
}

export function pushInto(
  db: DatabaseSync,
  newest: () => StoredSpec | undefined,
  spec: Pushed,
): PushResult {
  const last = newest()
  const allow = [...spec.allow].sort().join(',')
  const { body, digest, at, author, note, signature = '', signer = '' } = spec
  // Pushed again without a wait: that is a word of its own for a spec which waits for one.
  const waits = last?.confirmMs !== undefined && last.confirmedAt === undefined
  const same = last?.digest === digest && last.allow.join(',') === allow
  if (last !== undefined && same && last.signature === signature && !waits) {
    const { body: _, signature: __, ...revision } = last
    return { outcome: 'same', revision }
  }
  const parent = last?.revision ?? 0
  if (parent !== spec.parent) return { outcome: 'conflict', newest: parent }
  const revision = Math.max(parent, floorOf(db)) + 1
  db.prepare(
    'INSERT INTO revisions (revision, digest, at, author, note, allow, body, signature, signer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(revision, digest, at, author, note, allow, body, signature, signer)
  const { confirmMs } = spec
  if (confirmMs !== undefined)
    db.prepare('INSERT INTO confirms (revision, window_ms) VALUES (?, ?)').run(revision, confirmMs)
  for (const table of ['confirms', 'revisions'])
    db.prepare(
      `DELETE FROM ${table} WHERE revision <= (SELECT revision FROM revisions ORDER BY revision DESC LIMIT 1 OFFSET ?)`,
    ).run(REVISIONS_KEPT_MAX)
  const words = allow === '' ? [] : allow.split(',')
  const more = {
    ...(confirmMs !== undefined && { confirmMs }),
    ...(signer !== '' && { signer }),
  }
  return {
    outcome: 'created',
    revision: { revision, digest, at, author, note, allow: words, ...more },
  }
}
