// Whose a token is: made, bound, expired, revoked; and what the hub keeps of it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Grants, loadGrants, saveGrants } from '../../site/token-file.ts'
import { createTokenBook } from '../../site/tokens.ts'
import { shared, tokens } from './kit.ts'

const HOUR_MS = 3_600_000
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

function bookOf(grants: Grants = { version: 1, grants: [], retired: [] }) {
  const saved: Grants[] = []
  let at = 1_000
  let made = 0
  const fault = { full: false }
  const book = createTokenBook({
    shared,
    grants,
    save: (all) => {
      if (fault.full) throw new Error('disk full')
      saved.push(all)
    },
    now: () => at,
    random: () => `made-made-made-made-made-${++made}`,
  })
  const pass = (ms: number) => {
    at += ms
  }
  const create = (name: string, role: 'viewer' | 'operator' = 'viewer', ttlMs?: number) => {
    const all = { role, name, by: 'kim' }
    const got = book.create(ttlMs === undefined ? all : { ...all, ttlMs })
    assert.ok('token' in got, JSON.stringify(got))
    return got.token.reveal()
  }
  const joining = (node?: string) => {
    const all = { ttlMs: HOUR_MS, by: 'kim' }
    const got = book.join(node === undefined ? all : { ...all, node })
    assert.ok('token' in got)
    const who = book.whoIs(got.token.reveal())
    assert.ok(who !== undefined)
    return { token: got.token.reveal(), who }
  }
  return { book, saved, pass, create, joining, fault }
}

test('a token made is known by its name until it is revoked or its time is over', () => {
  const b = bookOf()
  const kim = b.create('kim-laptop', 'operator')
  const ci = b.create('ci', 'viewer', HOUR_MS)
  assert.equal(b.book.whoIs(kim)?.name, 'kim-laptop')
  const who = b.book.whoIs(ci)
  assert.ok(who !== undefined && who.role === 'viewer' && b.book.valid(who))
  b.pass(HOUR_MS)
  assert.equal(b.book.whoIs(ci), undefined)
  assert.equal(b.book.valid(who), false)
  assert.equal(b.book.revoke('kim-laptop'), undefined)
  assert.equal(b.book.whoIs(kim), undefined)
  assert.ok(b.book.revoke('kim-laptop') !== undefined)
})

test('the disk holds hashes, never tokens', () => {
  const b = bookOf()
  const all = [b.create('kim', 'operator'), b.joining().token]
  const text = JSON.stringify(b.saved)
  for (const token of all) {
    assert.ok(!text.includes(token))
    assert.ok(text.includes(hashOf(token)))
  }
})

test('what cannot be kept is not made, and nothing changes', () => {
  const b = bookOf()
  const kim = b.create('kim')
  b.fault.full = true
  assert.throws(() => b.book.revoke('kim'))
  assert.throws(() => b.book.create({ role: 'viewer', name: 'x', by: '' }))
  assert.equal(b.book.whoIs(kim)?.name, 'kim')
  assert.ok(!b.book.list().some((one) => one.name === 'x'))
})

test('a join token enrols one node, once; the same request again is no second use', () => {
  const b = bookOf()
  const { who, token } = b.joining()
  const own = 'own-own-own-own-own-own'
  assert.equal(b.book.enrol(who, 'lb1', hashOf(own)), undefined)
  assert.deepEqual(
    { ...b.book.whoIs(own), id: '' },
    { role: 'node', name: 'node-lb1', node: 'lb1', id: '' },
  )
  assert.ok(b.book.enrolled('lb1') && !b.book.enrolled('lb2'))
  assert.equal(b.book.enrol(who, 'lb1', hashOf(own)), undefined)
  assert.match(b.book.enrol(who, 'lb1', hashOf('another'))?.refused ?? '', /used already/)
  assert.match(b.book.enrol(who, 'lb2', hashOf(own))?.refused ?? '', /taken|used already/)
  b.pass(HOUR_MS)
  assert.equal(b.book.whoIs(token), undefined)
  assert.match(b.book.enrol(who, 'lb1', hashOf(own))?.refused ?? '', /no such join token/)
})

test('a join token for anybody takes no node over; one for that node replaces its token', () => {
  const b = bookOf()
  assert.equal(b.book.enrol(b.joining().who, 'lb1', hashOf('first')), undefined)
  assert.match(b.book.enrol(b.joining().who, 'lb1', hashOf('thief'))?.refused ?? '', /already/)
  assert.match(b.book.enrol(b.joining('lb1').who, 'lb2', hashOf('x'))?.refused ?? '', /is for lb1/)
  assert.equal(b.book.enrol(b.joining('lb1').who, 'lb1', hashOf('second')), undefined)
  assert.equal(b.book.whoIs('first'), undefined)
  assert.equal(b.book.whoIs('second')?.node, 'lb1')
})

test('nothing but a join token enrols', () => {
  const b = bookOf()
  const kim = b.book.whoIs(b.create('kim', 'operator'))
  assert.ok(kim !== undefined)
  assert.ok(b.book.enrol(kim, 'lb1', hashOf('x')) !== undefined)
})

test('shared tokens can be retired, but never the last token of an operator', () => {
  const b = bookOf()
  assert.match(b.book.revoke('shared-operator')?.refused ?? '', /last operator/)
  b.create('short', 'operator', HOUR_MS)
  assert.match(b.book.revoke('shared-operator')?.refused ?? '', /last operator/)
  b.create('kim', 'operator')
  assert.equal(b.book.revoke('shared-operator'), undefined)
  assert.equal(b.book.revoke('shared-agent'), undefined)
  assert.equal(b.book.whoIs(tokens.operator), undefined)
  assert.equal(b.book.whoIs(tokens.agent), undefined)
  assert.match(b.book.revoke('kim')?.refused ?? '', /last operator/)
  assert.deepEqual(
    b.book.list().map((one) => one.name),
    ['shared-viewer', 'short', 'kim'],
  )
  const again = bookOf(b.saved.at(-1))
  assert.equal(again.book.whoIs(tokens.agent), undefined)
})

test("the hub's own names cannot be taken, nor one twice", () => {
  const b = bookOf()
  for (const name of ['shared-x', 'node-lb1', 'join-1'])
    assert.ok('refused' in b.book.create({ role: 'viewer', name, by: '' }))
  b.create('kim')
  assert.ok('refused' in b.book.create({ role: 'viewer', name: 'kim', by: '' }))
})

test("a browser's cookie only looks, and dies with its token", () => {
  const b = bookOf()
  const kim = b.book.whoIs(b.create('kim', 'operator'))
  assert.ok(kim !== undefined)
  const cookie = b.book.cookieFor(kim)
  assert.equal(b.book.whoLooks(cookie)?.role, 'viewer')
  assert.equal(b.book.whoIs(cookie), undefined)
  b.book.revoke('kim')
  assert.equal(b.book.whoLooks(cookie), undefined)
  const shared = b.book.whoIs(tokens.operator)
  assert.ok(shared !== undefined)
  b.book.revoke('shared-viewer')
  assert.equal(b.book.whoLooks(b.book.cookieFor(shared))?.role, 'viewer')
  assert.equal(b.book.whoLooks(tokens.viewer), undefined)
})

test('grants.json: for its owner alone, the same after a restart, refused when damaged', (t: TestContext) => {
  const state = mkdtempSync(join(tmpdir(), 'hub-'))
  t.after(() => rmSync(state, { recursive: true }))
  assert.deepEqual(loadGrants(state).grants, [])
  const b = bookOf()
  b.create('kim')
  b.joining('lb1')
  const all = b.saved.at(-1)
  assert.ok(all !== undefined)
  saveGrants(state, all)
  const file = join(state, 'grants.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(loadGrants(state), all)
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40))
  assert.throws(() => loadGrants(state), /cannot use .*grants\.json/)
})
