// The store on a real disk: frozen migrations, bounds, pages of a long history.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MIGRATIONS } from '../../site/migrations.ts'
import { openStore, PAGES, type StoredAlert } from '../../site/store.ts'
import { ALERTS_KEPT_MAX, EVENTS_KEPT_MAX, REVISIONS_KEPT_MAX } from '../../spec/limits.ts'
import { TOLD_NOTHING } from '../../spec/notice.ts'
import { SPEC } from './kit.ts'

async function inDirectory(work: (directory: string) => unknown): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hub-store-'))
  try {
    await work(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
const event = (n: number) => ({ id: `e${n}`, at: n, kind: 'agent' as const, text: `event ${n}` })
const push = (n: number) => ({
  ...{ body: SPEC, digest: `d${n}`, parent: n, author: 'kim', note: '', allow: [], at: n },
})

/** Stores in the field were made by these texts: a change of one would never reach them. Add at the end instead. */
const FROZEN = [
  '7f22064c94297d8a',
  '9256ff8c995f0815',
  'b742f357aef1b558',
  'ae3b439b866053f4',
  '9040d403f711a6a3',
  '4e7290f9a7d096ac',
  'c2e004375a997750',
  'b06fb7792aa34e24',
]
test('migrations are frozen', () => {
  const now = MIGRATIONS.map((sql) => createHash('sha256').update(sql).digest('hex').slice(0, 16))
  assert.deepEqual(now.slice(0, FROZEN.length), FROZEN)
})

test('a store of every older version is brought up with what it holds', () =>
  inDirectory((directory) => {
    for (const [version] of MIGRATIONS.entries()) {
      if (version === 0) continue
      const path = join(directory, `v${version}.db`)
      const db = new DatabaseSync(path)
      for (const sql of MIGRATIONS.slice(0, version)) db.exec(sql)
      db.exec(`PRAGMA user_version = ${version}`)
      db.exec("INSERT INTO events (id, node, at, kind, text) VALUES ('a', 'lb1', 1, 'agent', 't')")
      db.close()
      const store = openStore(path)
      assert.equal(store.events(10, 10)[0]?.text, 't')
      assert.deepEqual(store.alerts(10, 10), [])
      assert.equal(store.push(push(0)).outcome, 'created')
      store.close()
    }
  }))

test('100,000 events are browsed in pages, each by the primary key; more are not kept', () =>
  inDirectory((directory) => {
    const path = join(directory, 'hub.db')
    const store = openStore(path)
    const more = 5_000
    for (let from = 0; from < EVENTS_KEPT_MAX + more; from += 5_000)
      store.addEvents(
        'lb1',
        Array.from({ length: 5_000 }, (_, n) => event(from + n)),
      )
    let before = Number.MAX_SAFE_INTEGER
    let seen = 0
    for (
      let page = store.events(before, 1_000);
      page.length > 0;
      page = store.events(before, 1_000)
    ) {
      assert.ok(
        page.every(({ seq }, at) => seq < before && (at === 0 || seq < (page[at - 1]?.seq ?? 0))),
      )
      before = page.at(-1)?.seq ?? 0
      seen += page.length
    }
    assert.equal(seen, EVENTS_KEPT_MAX)
    store.close()
    const db = new DatabaseSync(path)
    for (const [table, sql] of Object.entries(PAGES)) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(1_000, 10)
      const steps = plan.map((row) => String(row['detail']))
      assert.equal(steps[0], `SEARCH ${table} USING INTEGER PRIMARY KEY (rowid<?)`)
      assert.ok(
        steps.every((step) => step.startsWith('SEARCH ')),
        steps.join(),
      )
    }
    db.close()
  }))

test('revisions and alerts are bounded; the newest stay', () => {
  const store = openStore(':memory:')
  for (let n = 0; n <= REVISIONS_KEPT_MAX; n++) assert.equal(store.push(push(n)).outcome, 'created')
  assert.equal(store.spec(1), undefined)
  assert.equal(store.newest()?.revision, REVISIONS_KEPT_MAX + 1)
  const alert = (n: number): StoredAlert => ({
    ...{ key: `stale:${n}`, topic: 'stale', about: 'lb1', text: 't', since: n, seen: n },
    ...{ closed: n, seq: 0 },
  })
  const all = Array.from({ length: ALERTS_KEPT_MAX + 10 }, (_, n) => alert(n))
  store.saveTold(TOLD_NOTHING, all)
  const [newest] = store.alerts(Number.MAX_SAFE_INTEGER, 1)
  assert.equal(newest?.since, ALERTS_KEPT_MAX + 9)
  assert.equal(store.alerts(Number.MAX_SAFE_INTEGER, 2 * ALERTS_KEPT_MAX).length, ALERTS_KEPT_MAX)
  store.close()
})

test('an alert that is stored open and then ended is one row, the newest', () => {
  const store = openStore(':memory:')
  const one: StoredAlert = {
    ...{ key: 'stale:lb1', topic: 'stale', about: 'lb1', text: 't', since: 5, seen: 5 },
    ...{ closed: null, seq: 0 },
  }
  store.saveTold(TOLD_NOTHING, [one, { ...one, key: 'stale:lb2', closed: 6 }])
  store.saveTold(TOLD_NOTHING, [{ ...one, seen: 8, closed: 9 }])
  assert.deepEqual(
    store.alerts(100, 10).map(({ key, seen, closed }) => [key, seen, closed]),
    [
      ['stale:lb1', 8, 9],
      ['stale:lb2', 5, 6],
    ],
  )
  store.close()
})
