import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accept } from '../../agent/accept.ts'
import { openMemory } from '../../agent/memory.ts'
import { createFakeHost } from '../fakes/host.ts'

const body = readFileSync('spec/examples/wordpress.json', 'utf8')
const other = body.replace('"port": 80,', '"port": 81,')
const offer = (revision: number, text = body) => ({ body: text, revision, allow: ['blink'] })

async function fresh() {
  const { host } = createFakeHost()
  const open = () => openMemory(host, '/var/lib/hactl')
  return { open, memory: await open() }
}

test('a spec is wanted once its text is on disk, with its revision and what the push allowed', async () => {
  const { open, memory } = await fresh()
  assert.equal((await accept(memory, offer(3))).kind, 'new')
  const again = await open()
  const { wantedRevision, seenRevision, allow } = again.meta()
  assert.deepEqual(
    { wantedRevision, seenRevision, allow },
    { wantedRevision: 3, seenRevision: 3, allow: ['blink'] },
  )
  assert.equal(again.spec('wanted'), body)
})

test('an older revision than any that was seen is refused, also after a restart', async () => {
  const { open, memory } = await fresh()
  await accept(memory, offer(3))
  const refused = await accept(await open(), offer(2, other))
  assert.equal(refused.kind, 'refused')
  assert.equal((await open()).spec('wanted'), body)
})

test('a broken spec is refused and changes nothing', async () => {
  const { open, memory } = await fresh()
  await accept(memory, offer(3))
  const refused = await accept(memory, offer(4, '{ "version": 1 '))
  assert.equal(refused.kind, 'refused')
  assert.match(refused.kind === 'refused' ? refused.why : '', /cannot/)
  assert.equal((await open()).spec('wanted'), body)
})

const from = 'file:///repo HEAD spec.json'
const commit = (id: string, follows = true, text = body, where = from) => ({
  ...{ body: text, revision: 0, allow: [] },
  origin: { from: where, commit: id, author: 'Ada', follows },
})

test('a commit that does not follow the last one is refused with both named, and nothing changes', async () => {
  const { open, memory } = await fresh()
  assert.equal((await accept(memory, commit('aaaa'))).kind, 'new')
  const refused = await accept(memory, commit('bbbb', false, other))
  assert.match(
    refused.kind === 'refused' ? refused.why : '',
    /commit bbbb by Ada, which does not descend from aaaa .* set "force"/,
  )
  const again = await open()
  assert.equal(again.spec('wanted'), body)
  assert.deepEqual(again.meta().origin, { from, commit: 'aaaa', author: 'Ada' })
})

test('a commit that leaves the spec as it is lifts no quarantine; one that writes it anew does', async () => {
  const { memory } = await fresh()
  await accept(memory, commit('aaaa'))
  await memory.update({ failedDigest: memory.meta().wantedDigest, failedReason: 'x' })
  assert.equal((await accept(memory, commit('bbbb'))).kind, 'same')
  assert.equal(memory.meta().origin?.commit, 'bbbb')
  assert.notEqual(memory.meta().failedDigest, '')
  assert.equal((await accept(memory, commit('cccc', true, `${body}\n`))).kind, 'new')
  assert.equal(memory.meta().failedDigest, '')
})

test('a commit that only brings an override is a decision', async () => {
  const { memory } = await fresh()
  await accept(memory, commit('aaaa'))
  await accept(memory, { ...commit('bbbb'), allow: ['blink'] })
  assert.deepEqual(memory.meta().allow, ['blink'])
  assert.equal((await accept(memory, commit('cccc'))).kind, 'same')
  assert.deepEqual(memory.meta().allow, ['blink'])
})

test('a spec from elsewhere has no commit any more', async () => {
  const { memory } = await fresh()
  await accept(memory, commit('aaaa'))
  await accept(memory, offer(1, other))
  assert.equal(memory.meta().origin, undefined)
})
