// A copy of the hub's store while the hub writes to it: consistent, checked, in place at once or not at all.
import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { StoreError } from './store.ts'

export type Backup = {
  readonly bytes: number
  /** Newest revision in it; 0 for none. */
  readonly revision: number
  readonly events: number
}

const only = (db: DatabaseSync, sql: string): unknown =>
  Object.values(db.prepare(sql).get() ?? {})[0]

function judge(path: string): Backup {
  const db = new DatabaseSync(path)
  try {
    // The copy is one file: no log beside it that could be forgotten when it is moved.
    db.exec('PRAGMA journal_mode = DELETE')
    const verdict = only(db, 'PRAGMA integrity_check')
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${String(verdict)}`)
    return {
      bytes: statSync(path).size,
      revision: Number(only(db, 'SELECT coalesce(max(revision), 0) FROM revisions')),
      events: Number(only(db, 'SELECT count(*) FROM events')),
    }
  } finally {
    db.close()
  }
}

/**
 * Copies `from` to `to`, mode 0600, over what is there. The hub may run: SQLite's backup sees one state of it.
 * @throws StoreError; `to` is then as it was.
 */
export async function backupStore(from: string, to: string): Promise<Backup> {
  if (!existsSync(from))
    throw new StoreError(`back up ${from}`, new Error('there is no such store'))
  const half = `${to}.part`
  try {
    rmSync(half, { force: true })
    const db = new DatabaseSync(from, { timeout: 5_000 })
    try {
      await backup(db, half)
    } finally {
      db.close()
    }
    chmodSync(half, 0o600)
    const made = judge(half)
    renameSync(half, to)
    return made
  } catch (error) {
    rmSync(half, { force: true })
    throw new StoreError(`back up ${from} to ${to}`, error)
  }
}
