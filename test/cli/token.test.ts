// hactl token and hactl hub join-token against a scripted hub.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../cli/exit.ts'
import { fakeHub, type Reply, run } from './fake.ts'

async function ask(argv: readonly string[], reply: Reply) {
  const hub = await fakeHub(() => reply)
  try {
    const ran = await run([...argv, '--hub', hub.url, '--token', 'operator-token'])
    return { ...ran, asked: hub.asked }
  } finally {
    await hub.close()
  }
}
const MADE = { status: 201, body: { name: 'kim', token: 'tok-tok', expiresAt: 1_700_000_000_000 } }

test('a token made stands alone on standard output', async () => {
  const argv = ['token', 'create', '--role', 'viewer', '--name', 'kim', '--ttl', '30d']
  const got = await ask(argv, MADE)
  assert.equal(got.exit, EXIT.ok)
  assert.equal(got.out, 'tok-tok\n')
  const [{ method, path, body } = { method: '', path: '', body: '' }] = got.asked
  assert.deepEqual([method, path], ['POST', '/v1/tokens'])
  assert.deepEqual(JSON.parse(body), { role: 'viewer', name: 'kim', ttlMs: 30 * 86_400_000 })
})

test('a join token is good for an hour unless told otherwise', async () => {
  const got = await ask(['hub', 'join-token', '--node', 'lb1'], MADE)
  assert.equal(got.out, 'tok-tok\n')
  assert.deepEqual(JSON.parse(got.asked[0]?.body ?? ''), { ttlMs: 3_600_000, node: 'lb1' })
  const json = await ask(['hub', 'join-token', '--ttl', '10m', '--json'], MADE)
  assert.equal(JSON.parse(json.out).token, 'tok-tok')
  assert.deepEqual(JSON.parse(json.asked[0]?.body ?? ''), { ttlMs: 600_000 })
})

test('the list shows names, roles and ends', async () => {
  const list = [
    { name: 'shared-viewer', role: 'viewer', by: '' },
    { name: 'node-lb1', role: 'node', node: 'lb1', madeAt: 1, by: 'join-1' },
  ]
  const got = await ask(['token', 'list'], { status: 200, body: list })
  assert.match(got.out, /shared-viewer +viewer/)
  assert.match(got.out, /node-lb1 +node +lb1/)
})

test('the hub refuses in its own words', async () => {
  const said = { status: 409, body: { error: 'cannot revoke kim: it is the last' } }
  const got = await ask(['token', 'revoke', 'kim'], said)
  assert.equal(got.exit, EXIT.refused)
  assert.match(got.err, /cannot revoke kim: it is the last/)
  const gone = await ask(['token', 'revoke', 'x'], { status: 404, body: { error: 'cannot find' } })
  assert.match(gone.err, /hactl token list/)
  const done = await ask(['token', 'revoke', 'a@b'], { status: 200, body: { name: 'a@b' } })
  assert.equal(done.exit, EXIT.ok)
  assert.equal(done.asked[0]?.path, '/v1/tokens/a%40b')
})

test('a role that there is not and a lifetime that is none are usage errors', async () => {
  const bad = await run(['token', 'create', '--role', 'agent', '--name', 'x'])
  assert.equal(bad.exit, EXIT.usage)
  const never = await run(['hub', 'join-token', '--ttl', 'never'])
  assert.equal(never.exit, EXIT.usage)
})
