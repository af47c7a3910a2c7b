// The hub's memory on disk: spec revisions, latest reports, events. SQLite in WAL mode, every commit synced.
import { DatabaseSync } from 'node:sqlite'
import { Value } from '@sinclair/typebox/value'
import { ALERTS_KEPT_MAX, EVENTS_KEPT_MAX } from '../spec/limits.ts'
import type { Revision } from '../spec/protocol.ts'
import { TOLD_NOTHING, Told } from '../spec/notice.ts'
import { type NodeEvent, Report } from '../spec/report.ts'
import type { AlertRecord, HubEvent } from '../spec/status.ts'
import { MIGRATIONS } from './migrations.ts'
import { type NodeResult, type Outcome, resultsOf, saveResults } from './results.ts'
import * as kept from './store-orders.ts'
import {
  num,
  type Pushed,
  type PushResult,
  pushInto,
  type Row,
  SELECT,
  type StoredSpec,
  str,
  toRevision,
  toSpec,
} from './store-revisions.ts'

/** The disk or the database refused; reads may still work, nothing in memory is lost. */
export class StoreError extends Error {
  override name = 'StoreError'
  constructor(doing: string, cause: unknown) {
    super(`cannot ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

export type Store = {
  newest(): StoredSpec | undefined
  spec(revision: number): StoredSpec | undefined
  /** Newest first, at most `limit`, only revisions below `before`. */
  revisions(before: number, limit: number): readonly Revision[]
  /** Compare-and-swap on the parent; the same meaning with the same overrides is not stored twice. */
  push(spec: Pushed): PushResult
  /** Idempotent: the first time counts. */
  confirm(revision: number, at: number): void
  /** By node name; what was heard of a revision that is not kept is not kept either. */
  results(revision: number): readonly NodeResult[]
  saveResults(outcomes: readonly Outcome[]): void
  /** In the order in which they were given. */
  orders(): readonly kept.StoredOrder[]
  lifts(): readonly kept.Lift[]
  /** Replaces one of the same kind about the same. */
  giveOrder(order: kept.StoredOrder): void
  endOrders(ids: readonly string[], lifts: readonly kept.Lift[]): void
  forgetLifts(ids: readonly string[]): void
  reports(): ReadonlyMap<string, Report>
  saveReports(reports: ReadonlyMap<string, Report>, at: number): void
  /** Idempotent by (node, id). Returns the ones that were new. */
  addEvents(node: string, events: readonly NodeEvent[]): readonly HubEvent[]
  /** Newest first, at most `limit`, only events with seq below `before`. */
  events(before: number, limit: number): readonly HubEvent[]
  /** The hub's own newest words on who holds what, newest first. */
  transitions(limit: number): readonly HubEvent[]
  /** Last confirmed words per vip, so that a move during a hub restart is still seen. */
  holders(): ReadonlyMap<string, string>
  saveHolders(vip: string, text: string): void
  /** What people were told of, so that a restart neither repeats nor forgets it. */
  told(): Told
  /** With the faults that began or ended since: one commit, so that no restart tells one from the other. */
  saveTold(told: Told, alerts: readonly StoredAlert[]): void
  /** Alerts that ended, newest first, at most `limit`, only those with seq below `before`. */
  alerts(before: number, limit: number): readonly StoredAlert[]
  /** Writes next to nothing, to see whether writing works. */
  tryWrite(): void
  close(): void
}

/** Pages by the primary key, whatever has been kept: (before, limit). */
export const PAGES = {
  revisions: `SELECT revision, digest, at, author, note, allow, signer, window_ms, confirmed_at
     FROM revisions LEFT JOIN confirms USING (revision)
     WHERE revision < ? ORDER BY revision DESC LIMIT ?`,
  events: 'SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?',
  alerts: 'SELECT * FROM alerts WHERE closed IS NOT NULL AND seq < ? ORDER BY seq DESC LIMIT ?',
} as const

/** Read once, at the start. */
const TRANSITIONS =
  "SELECT * FROM events WHERE node = '' AND kind = 'transition' ORDER BY seq DESC LIMIT ?"

/** Without what follows from the rest. */
export type StoredAlert = Omit<AlertRecord, 'severity'>

const toEvent = (row: Row): HubEvent => ({
  seq: num(row, 'seq'),
  id: str(row, 'id'),
  node: str(row, 'node'),
  at: num(row, 'at'),
  kind: str(row, 'kind'),
  text: str(row, 'text'),
})

function migrate(db: DatabaseSync, path: string): void {
  const have = num(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version')
  if (have > MIGRATIONS.length)
    throw new Error(`${path} was written by a newer hactl (store version ${have})`)
  for (const [at, sql] of MIGRATIONS.entries()) {
    if (at < have) continue
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${at + 1}; COMMIT`)
  }
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 2_000 })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    migrate(db, path)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function transaction<T>(db: DatabaseSync, doing: string, work: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE')
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A failed COMMIT may already have rolled back; a second ROLLBACK would hide the first cause.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw new StoreError(doing, error)
  }
}

const toAlert = (row: Row): StoredAlert => ({
  seq: num(row, 'seq'),
  key: str(row, 'key'),
  topic: str(row, 'topic'),
  about: str(row, 'about'),
  text: str(row, 'text'),
  since: num(row, 'since'),
  seen: num(row, 'seen'),
  closed: row['closed'] === null ? null : num(row, 'closed'),
})

function saveTold(db: DatabaseSync, told: Told, alerts: readonly StoredAlert[]): void {
  db.prepare(
    'INSERT INTO notices (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
  ).run(JSON.stringify(told))
  // REPLACE: an alert that ends gets a new place in the order, so that a page of what ended misses none.
  const put = db.prepare(
    'INSERT OR REPLACE INTO alerts (key, topic, about, text, since, seen, closed) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  for (const { key, topic, about, text, since, seen, closed } of alerts)
    put.run(key, topic, about, text, since, seen, closed)
  if (alerts.length > 0)
    db.prepare('DELETE FROM alerts WHERE seq <= (SELECT max(seq) FROM alerts) - ?').run(
      ALERTS_KEPT_MAX,
    )
}

function addEventsTo(
  db: DatabaseSync,
  node: string,
  events: readonly NodeEvent[],
): readonly HubEvent[] {
  const insert = db.prepare(
    'INSERT INTO events (id, node, at, kind, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *',
  )
  const fresh = events.flatMap((e) => {
    const row = insert.get(e.id, node, e.at, e.kind, e.text)
    return row === undefined ? [] : [toEvent(row)]
  })
  const last = fresh.at(-1)
  if (last !== undefined)
    db.prepare('DELETE FROM events WHERE seq <= ?').run(last.seq - EVENTS_KEPT_MAX)
  return fresh
}

/** Written by another version: nothing is open then; what is, will be told again. */
function readTold(row: Row | undefined): Told {
  if (row === undefined) return TOLD_NOTHING
  try {
    const told: unknown = JSON.parse(str(row, 'body'))
    return Value.Check(Told, told) ? told : TOLD_NOTHING
  } catch {
    return TOLD_NOTHING
  }
}

function readReports(rows: readonly Row[]): ReadonlyMap<string, Report> {
  const reports = new Map<string, Report>()
  for (const row of rows) {
    try {
      const report: unknown = JSON.parse(str(row, 'body'))
      // Written by an older or newer hub: what no longer fits is only history, so it is left out.
      if (Value.Check(Report, report)) reports.set(str(row, 'node'), report)
    } catch {
      // same reason
    }
  }
  return reports
}

/**
 * Opens or creates the store; ':memory:' for tests.
 * @throws StoreError when the file is no database, is damaged or was written by a newer version.
 */
export function openStore(path: string): Store {
  let db: DatabaseSync
  try {
    db = open(path)
  } catch (error) {
    throw new StoreError(`open the hub's store ${path}`, error)
  }
  const newest = () => toSpec(db.prepare(`${SELECT} ORDER BY revision DESC LIMIT 1`).get())
  return {
    newest,
    spec: (revision) => toSpec(db.prepare(`${SELECT} WHERE revision = ?`).get(revision)),
    revisions: (before, limit) => db.prepare(PAGES.revisions).all(before, limit).map(toRevision),
    push: (spec) => transaction(db, 'store the spec', () => pushInto(db, newest, spec)),
    confirm: (revision, at) =>
      transaction(db, 'store the confirmation', () => {
        db.prepare(
          'UPDATE confirms SET confirmed_at = ? WHERE revision = ? AND confirmed_at IS NULL',
        ).run(at, revision)
      }),
    results: (revision) => resultsOf(db, revision),
    saveResults: (outcomes) =>
      transaction(db, 'store results of nodes', () => saveResults(db, outcomes)),
    orders: () => kept.ordersIn(db),
    lifts: () => kept.liftsIn(db),
    giveOrder: (order) => transaction(db, 'store the order', () => kept.putOrder(db, order)),
    endOrders: (ids, lifts) =>
      transaction(db, 'store the end of an order', () => kept.dropOrders(db, ids, lifts)),
    forgetLifts: (ids) => transaction(db, 'store that it ended', () => kept.dropLifts(db, ids)),
    reports: () => readReports(db.prepare('SELECT node, body FROM reports').all()),
    saveReports: (reports, at) =>
      transaction(db, 'store reports', () => {
        const put = db.prepare(
          'INSERT INTO reports (node, at, body) VALUES (?, ?, ?) ON CONFLICT (node) DO UPDATE SET at = excluded.at, body = excluded.body',
        )
        for (const [node, report] of reports) put.run(node, at, JSON.stringify(report))
      }),
    addEvents: (node, events) =>
      transaction(db, 'store events', () => addEventsTo(db, node, events)),
    events: (before, limit) => db.prepare(PAGES.events).all(before, limit).map(toEvent),
    transitions: (limit) => db.prepare(TRANSITIONS).all(limit).map(toEvent),
    holders: () =>
      new Map(
        db
          .prepare('SELECT vip, text FROM holders')
          .all()
          .map((row) => [str(row, 'vip'), str(row, 'text')]),
      ),
    told: () => readTold(db.prepare('SELECT body FROM notices').get()),
    saveTold: (told, alerts) =>
      transaction(db, 'store what was told', () => saveTold(db, told, alerts)),
    alerts: (before, limit) => db.prepare(PAGES.alerts).all(before, limit).map(toAlert),
    saveHolders: (vip, text) =>
      transaction(db, 'store a vip holder', () => {
        db.prepare(
          'INSERT INTO holders (vip, text) VALUES (?, ?) ON CONFLICT (vip) DO UPDATE SET text = excluded.text',
        ).run(vip, text)
      }),
    tryWrite: () =>
      transaction(db, 'write', () => db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)),
    close: () => db.close(),
  }
}
