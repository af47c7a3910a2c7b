// All that makes a hub, in one file, while it runs: its store with the files of tokens and certificates in a table of the copy.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { openStore, StoreError } from './store.ts'
import { skipRevisions, str } from './store-revisions.ts'
import { writeSecretFile } from './token-file.ts'

/** What lies beside hub.db; what is not there was not made. No other name is ever written by a restore. */
const FILES = [
  'tokens.json',
  'grants.json',
  'hook-secret',
  'ca.pem',
  'hub.pem',
  'issued.json',
  'age.key',
] as const
const TABLE = 'kept_files'
/** Revisions that nodes may have seen since the backup: the next one must be newer than all of them. */
const REVISIONS_SKIPPED = 1_000
/** How long the hub may hold the store while a backup begins. */
const BUSY_MS = 5_000

export type Backup = {
  readonly bytes: number
  /** Newest revision in it; 0 for none. */
  readonly revision: number
  readonly events: number
  /** Names of what is in it beside the store. */
  readonly files: readonly string[]
}

const only = (db: DatabaseSync, sql: string): unknown =>
  Object.values(db.prepare(sql).get() ?? {})[0]

const hasFiles = (db: DatabaseSync): boolean =>
  only(db, `SELECT count(*) FROM sqlite_master WHERE name = '${TABLE}'`) === 1

function judge(path: string): Backup {
  const db = new DatabaseSync(path)
  try {
    // The copy is one file: no log beside it that could be forgotten when it is moved.
    db.exec('PRAGMA journal_mode = DELETE')
    const verdict = only(db, 'PRAGMA integrity_check')
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${String(verdict)}`)
    const rows = hasFiles(db) ? db.prepare(`SELECT name FROM ${TABLE} ORDER BY name`).all() : []
    return {
      bytes: statSync(path).size,
      revision: Number(only(db, 'SELECT coalesce(max(revision), 0) FROM revisions')),
      events: Number(only(db, 'SELECT count(*) FROM events')),
      files: rows.map((row) => str(row, 'name')),
    }
  } finally {
    db.close()
  }
}

function addFiles(path: string, state: string): void {
  const db = new DatabaseSync(path)
  try {
    // The copy of a backup that was put in place as it was has them already.
    db.exec(`DROP TABLE IF EXISTS ${TABLE}`)
    db.exec(`CREATE TABLE ${TABLE} (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT`)
    const put = db.prepare(`INSERT INTO ${TABLE} (name, body) VALUES (?, ?)`)
    for (const name of FILES.filter((one) => existsSync(join(state, one))))
      put.run(name, readFileSync(join(state, name), 'utf8'))
  } finally {
    db.close()
  }
}

/**
 * Copies what makes the hub of `state` to `to`, mode 0600, over what is there. The hub may run: SQLite's backup sees one state of it.
 * @throws StoreError; `to` is then as it was.
 */
export async function backupHub(state: string, to: string): Promise<Backup> {
  const from = join(state, 'hub.db')
  if (!existsSync(from))
    throw new StoreError(`back up ${from}`, new Error('there is no such store'))
  const half = `${to}.part`
  try {
    rmSync(half, { force: true })
    // Made by us before SQLite opens it: tokens are never in a file that others may read.
    writeSecretFile(half, '')
    const db = new DatabaseSync(from, { timeout: BUSY_MS })
    try {
      await backup(db, half)
    } finally {
      db.close()
    }
    addFiles(half, state)
    const made = judge(half)
    renameSync(half, to)
    return made
  } catch (error) {
    rmSync(half, { force: true })
    throw new StoreError(`back up ${from} to ${to}`, error)
  }
}

/** Takes the files out of the copy and puts them in place; what was there of them is replaced. */
function unpack(path: string, state: string): void {
  const db = new DatabaseSync(path)
  try {
    if (hasFiles(db)) {
      for (const name of FILES) {
        const row = db.prepare(`SELECT body FROM ${TABLE} WHERE name = ?`).get(name)
        if (row !== undefined) writeSecretFile(join(state, name), str(row, 'body'))
      }
      // Not only unlinked: no token stays in free pages of the store.
      db.exec(`PRAGMA secure_delete = ON; DROP TABLE ${TABLE}`)
    }
    skipRevisions(db, REVISIONS_SKIPPED)
  } finally {
    db.close()
  }
}

/**
 * Makes the hub of `state` out of a backup, where none is yet. A backup of before, a store alone, gives a hub with new tokens.
 * @throws StoreError; no hub.db is there then.
 */
export async function restoreHub(file: string, state: string): Promise<Backup> {
  const to = join(state, 'hub.db')
  const doing = `restore ${file} to ${state}`
  if (!existsSync(file)) throw new StoreError(doing, new Error('there is no such backup'))
  if (existsSync(to))
    throw new StoreError(doing, new Error('a hub is there already; stop it and move it away first'))
  const half = `${to}.part`
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 })
    chmodSync(state, 0o700)
    rmSync(half, { force: true })
    writeSecretFile(half, '')
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      await backup(db, half)
    } finally {
      db.close()
    }
    const found = judge(half)
    // One of another version is brought up, or refused, before anything is in place.
    openStore(half).close()
    unpack(half, state)
    for (const end of ['-wal', '-shm']) rmSync(`${half}${end}`, { force: true })
    renameSync(half, to)
    return found
  } catch (error) {
    rmSync(half, { force: true })
    throw error instanceof StoreError ? error : new StoreError(doing, error)
  }
}

/** For what is told after a restore: the first number that it gives. */
export const nextRevision = ({ revision }: Backup): number => revision + REVISIONS_SKIPPED
