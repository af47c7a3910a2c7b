// Backup and restore of a real hub: what was let in before is let in after, and nodes take what comes next.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backupHub, restoreHub } from '../../site/backup.ts'
import { serveHub } from '../../site/serve.ts'
import { openStore } from '../../site/store.ts'
import { temporaryDirectory } from '../agent/host/temporary.ts'
import { bearer, fakeCourier, SPEC, specWith, testClock } from './kit.ts'

const serve = async (state: string) => {
  const courier = fakeCourier()
  const listen = ['127.0.0.1:0']
  const clock = testClock()
  const hub = await serveHub({ state, listen, open: false, clock, log: () => {}, courier })
  const url = hub.addresses[0] ?? ''
  const ask = (path: string, token: string, more: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...more, headers: { ...bearer(token), ...more.headers } })
  const push = (token: string, body: string, parent: number) =>
    ask('/v1/specs', token, { method: 'POST', body, headers: { 'if-match': `"${parent}"` } })
  return { ...hub, ask, push }
}
const tokensOf = (state: string) => JSON.parse(readFileSync(join(state, 'tokens.json'), 'utf8'))
const mode = (path: string) => statSync(path).mode & 0o777

test('a hub made of a backup knows its tokens, nodes, secrets and revisions, and goes on above what nodes saw', async (t) => {
  const directory = await temporaryDirectory(t)
  const [state, file, to] = [
    join(directory, 'hub'),
    join(directory, 'copy'),
    join(directory, 'new'),
  ]
  const first = await serve(state)
  const { operator } = tokensOf(state)
  writeFileSync(join(state, 'ca.pem'), 'a key')
  assert.equal((await first.push(operator, SPEC, 0)).status, 201)
  const made = await first.ask('/v1/tokens', operator, {
    method: 'POST',
    body: JSON.stringify({ role: 'operator', name: 'kim' }),
  })
  const kim = String(JSON.parse(await made.text()).token)
  writeFileSync(file, 'an older copy')
  const held = await backupHub(state, file)
  assert.deepEqual(held.files, ['ca.pem', 'grants.json', 'hook-secret', 'tokens.json'])
  assert.deepEqual([held.revision, held.bytes, mode(file)], [1, statSync(file).size, 0o600])
  // What the backup does not know: nodes have seen it.
  assert.equal((await first.push(kim, specWith(1), 1)).status, 201)
  await first.close()

  const found = await restoreHub(file, to)
  assert.deepEqual([found.revision, mode(to), mode(join(to, 'hub.db'))], [1, 0o700, 0o600])
  for (const name of held.files)
    assert.deepEqual(
      [readFileSync(join(to, name), 'utf8'), mode(join(to, name))],
      [readFileSync(join(state, name), 'utf8'), 0o600],
    )
  assert.equal(readFileSync(join(to, 'hub.db')).includes(operator), false)
  const second = await serve(to)
  assert.equal(await (await second.ask('/v1/spec', kim)).text(), SPEC)
  assert.equal((await second.ask('/v1/status', tokensOf(state).viewer)).status, 200)
  const pushed = await second.push(kim, specWith(2), 1)
  assert.deepEqual([pushed.status, JSON.parse(await pushed.text()).revision], [201, 1_001])
  assert.equal((await second.push(kim, specWith(3), 1_001)).status, 201)
  const listed: unknown = await (await second.ask('/v1/specs', kim)).json()
  assert.ok(Array.isArray(listed))
  assert.deepEqual(
    listed.map(({ revision }) => revision),
    [1_002, 1_001, 1],
  )
  assert.match(await (await second.ask('/revisions/1001', kim)).text(), /since revision 1\b/)
  await second.close()
})

test('a restore never takes the place of a hub, and a broken or newer backup leaves nothing', async (t) => {
  const directory = await temporaryDirectory(t)
  const [state, file] = [join(directory, 'hub'), join(directory, 'copy')]
  mkdirSync(state)
  const store = openStore(join(state, 'hub.db'))
  store.push({
    ...{ body: SPEC, digest: 'd', parent: 0, author: 'kim', note: '', allow: [], at: 1 },
  })
  store.close()
  assert.deepEqual((await backupHub(state, file)).files, [])
  await assert.rejects(restoreHub(file, state), /a hub is there already/)
  await assert.rejects(restoreHub(join(directory, 'none'), `${state}2`), /there is no such backup/)
  const bad = join(directory, 'bad')
  writeFileSync(bad, 'x'.repeat(5_000))
  await assert.rejects(restoreHub(bad, `${state}2`), /cannot restore .*bad/)
  const newer = new DatabaseSync(file)
  newer.exec('PRAGMA user_version = 999')
  newer.close()
  await assert.rejects(restoreHub(file, `${state}2`), /written by a newer hactl/)
  assert.deepEqual(readdirSync(`${state}2`), [])
  await assert.rejects(backupHub(join(directory, 'none'), file), /no such store/)
  const was = statSync(file).size
  writeFileSync(join(state, 'hub.db'), 'x'.repeat(5_000))
  await assert.rejects(backupHub(state, file), /cannot back up/)
  assert.equal(statSync(file).size, was)
  assert.equal(existsSync(`${file}.part`), false)
})

test('a copy of a store in use has all that was answered before', async (t) => {
  const directory = await temporaryDirectory(t)
  const store = openStore(join(directory, 'hub.db'))
  const event = (n: number) => ({ id: `e${n}`, at: n, kind: 'agent' as const, text: `event ${n}` })
  store.addEvents('lb1', [event(1), event(2)])
  const going = backupHub(directory, join(directory, 'copy'))
  store.addEvents('lb1', [event(3)])
  const made = await going
  assert.ok(made.events >= 2)
  store.close()
  // As before there was a restore: put in the place of hub.db, it is one.
  const copy = openStore(join(directory, 'copy'))
  assert.equal(copy.events(100, 10).length, made.events)
  copy.close()
})
