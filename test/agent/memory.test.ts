// The state directory after a way back to an older agent: what is known counts, what is not is neither lost nor believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import { createFakeHost } from '../fakes/host.ts'

const DIRECTORY = '/var/lib/hactl'
const META = `${DIRECTORY}/meta.json`
const OWNED = `${DIRECTORY}/owned.json`
const meta = {
  ...{ seenRevision: 7, wantedRevision: 7, wantedDigest: 'd7' },
  ...{ runningRevision: 6, runningDigest: 'd6', failedDigest: '', failedReason: '' },
  ...{ allow: [], ours: ['/etc/haproxy/haproxy.cfg'], paused: false },
}
const link = { id: 'link:dummy0', says: 'link dummy0', remove: [{ do: 'remove', path: '/x' }] }
const newer = {
  id: 'zfs:tank',
  says: 'the pool tank',
  remove: [{ do: 'export-pool', pool: 'tank' }],
}

async function after(files: Readonly<Record<string, unknown>>) {
  const { host } = createFakeHost()
  for (const [path, value] of Object.entries(files))
    await host.write(path, typeof value === 'string' ? value : JSON.stringify(value), 0o600)
  const memory = await openMemory(host, DIRECTORY)
  const read = async (path: string) => (await host.read(path))?.body
  return { memory, read }
}

test('a file of a newer agent: what this one knows counts, the rest is left out and said', async () => {
  const wait = { revision: 7, leftMs: 500, by: 'kim' }
  const { memory, read } = await after({ [META]: { ...meta, confirm: wait, shard: 3 } })
  assert.deepEqual(memory.meta(), { ...meta, confirm: { revision: 7, leftMs: 500 } })
  assert.match(memory.damaged.join(), /meta\.json was written by a newer agent/)
  assert.equal(await read(`${META}.damaged`), undefined)
  await memory.update({ seenRevision: 8 })
  assert.equal(JSON.parse((await read(META)) ?? '').shard, undefined)
})

test('what a newer agent left on the host in a way of its own stays noted, and stays there', async () => {
  const { memory, read } = await after({ [OWNED]: [link, newer] })
  assert.deepEqual(
    memory.owned().map(({ id }) => id),
    [link.id],
  )
  assert.match(memory.damaged.join(), /left as it is: the pool tank/)
  await memory.forget(link.id)
  assert.deepEqual(JSON.parse((await read(OWNED)) ?? ''), [newer])
})

test('what no agent writes is damage: set aside and said, and the node begins anew', async () => {
  for (const [path, text] of [
    [META, '{"seenRevision": 7}'],
    [META, '{"seenRevision'],
    [META, '7'],
    [OWNED, '[7]'],
    [OWNED, '{}'],
  ] as const) {
    const { memory, read } = await after({ [path]: text })
    assert.deepEqual([memory.meta().seenRevision, memory.owned()], [0, []])
    assert.match(memory.damaged.join(), /is damaged and was set aside/)
    assert.equal(await read(`${path}.damaged`), text)
  }
})
