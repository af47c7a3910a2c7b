// hactl confirm: through a scripted hub, and on a node without one.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeHub, type Reply, run } from './fake.ts'

const newest: Reply = {
  status: 200,
  body: '{}',
  headers: { 'x-hactl-revision': '7', 'x-hactl-digest': 'd' },
}

async function confirm(reply: Reply, ...argv: string[]) {
  const hub = await fakeHub(({ method }) => (method === 'POST' ? reply : newest))
  try {
    const ran = await run(['confirm', ...argv, '--hub', hub.url])
    return { ...ran, posts: hub.asked.filter((one) => one.method === 'POST') }
  } finally {
    await hub.close()
  }
}

test('the newest revision is confirmed, by its number', async () => {
  const { exit, out, posts } = await confirm({ status: 201, body: { revision: 7, digest: 'd' } })
  assert.equal(exit, 0)
  assert.match(out, /Revision 7 is confirmed/)
  assert.deepEqual(
    posts.map(({ path, headers }) => [path, headers['if-match']]),
    [['/v1/confirm', '"7"']],
  )
})

test('too late is a refusal in the words of the hub', async () => {
  const error = 'cannot confirm revision 7: its time is over'
  const { exit, err } = await confirm({ status: 409, body: { error } }, '7')
  assert.equal(exit, 4)
  assert.match(err, /cannot confirm revision 7: its time is over\n/)
})

test('on a node the file for its agent names the revision that it waits for', async () => {
  const state = mkdtempSync(join(tmpdir(), 'hactl-confirm-'))
  const here = (...argv: string[]) => run(['confirm', '--here', '--state', state, ...argv])
  try {
    assert.equal((await here()).exit, 1)
    writeFileSync(join(state, 'meta.json'), '{}')
    assert.equal((await here()).exit, 4)
    writeFileSync(join(state, 'meta.json'), '{ "confirm": { "revision": 9, "leftMs": 1000 } }')
    assert.match((await here('8')).err, /waits for revision 9/)
    assert.equal((await here()).exit, 0)
    assert.equal(readFileSync(join(state, 'confirm'), 'utf8'), '9\n')
  } finally {
    rmSync(state, { recursive: true })
  }
})

test('a time that is too short to look around is refused before anything is sent', async () => {
  const { exit, err } = await run(['push', 'spec/examples/wordpress.json', '--confirm', '2s'])
  assert.equal(exit, 2)
  assert.match(err, /at least 5s/)
})
