// What became of each revision on each node: heard once, kept through restarts, shown when the node runs another one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResults, outcomesOf } from '../../site/results.ts'
import { summary } from '../agent/plan/fixtures.ts'
import { join, SPEC, specWith, testHub } from './kit.ts'

const base = summary('lb1', { boot: 'b1' })
const runs = (digest: string, revision: number) => ({
  ...base,
  ...{ running: digest, runningRevision: revision, wanted: digest, wantedRevision: revision },
})

test('what is given up counts for the revision that is wanted, while it is wanted', () => {
  const stalled = { ...runs('d1', 1), wanted: 'd2', wantedRevision: 2, failed: 'd2', reason: 'no' }
  assert.deepEqual(
    outcomesOf('lb1', stalled, 5).map(({ revision, digest, is, reason }) => [
      revision,
      digest,
      is,
      reason,
    ]),
    [
      [1, 'd1', 'ran', ''],
      [2, 'd2', 'failed', 'no'],
    ],
  )
  const back = { ...stalled, wanted: 'd3', wantedRevision: 3 }
  assert.deepEqual(
    outcomesOf('lb1', back, 5).map(({ revision }) => revision),
    [1],
  )
  assert.deepEqual(outcomesOf('lb1', { ...base, running: '', failed: '' }, 5), [])
})

test('the same word is not written again; one that could not be written waits', () => {
  const results = createResults()
  results.hear('lb1', runs('d1', 1), 1)
  const first = results.pending()
  results.hear('lb1', runs('d1', 1), 2)
  assert.deepEqual(results.pending(), first)
  results.stored(first)
  results.hear('lb1', runs('d1', 1), 3)
  assert.deepEqual(results.pending(), [])
  results.hear('lb1', runs('d2', 2), 4)
  const second = results.pending()
  results.hear('lb1', { ...runs('d1', 1), wanted: 'd2', wantedRevision: 2, failed: 'd2' }, 5)
  results.stored(second)
  assert.deepEqual(
    results.pending().map(({ revision, is }) => [revision, is]),
    [
      [2, 'failed'],
      [1, 'ran'],
    ],
  )
})

test('the page of a revision says what it did on each node, also when none runs it any more', async () => {
  const { hub, store, clock, push, get } = testHub({ open: true })
  await push(SPEC, 0)
  await push(specWith(2), 1)
  const [one, two] = [store.spec(1)?.digest ?? '', store.spec(2)?.digest ?? '']
  const [lb1, lb2] = [join(hub, 'lb1'), join(hub, 'lb2')]
  lb1.say({ type: 'heartbeat', seq: 1, summary: { ...runs(one, 1), node: 'lb1' } })
  const stuck = {
    ...runs('', 0),
    wanted: one,
    wantedRevision: 1,
    failed: one,
    reason: 'port 443 is taken',
  }
  lb2.say({ type: 'heartbeat', seq: 1, summary: { ...stuck, node: 'lb2' } })
  hub.tick()
  clock.advance(1_000)
  for (const [node, agent] of [
    ['lb1', lb1],
    ['lb2', lb2],
  ] as const)
    agent.say({ type: 'heartbeat', seq: 2, summary: { ...runs(two, 2), node } })
  hub.tick()
  const page = await (await get('/revisions/1')).text()
  assert.match(page, /lb1<\/a><\/th><td><span class="dim">ran it/)
  assert.match(page, /lb2<\/a>.*failed.*port 443 is taken/)
  const list = await (await get('/revisions')).text()
  assert.match(list, /failed on lb2.*ran on lb1/)
  // A node cannot write results of what was never pushed, or of another text under that number.
  lb1.say({ type: 'heartbeat', seq: 3, summary: { ...runs('f'.repeat(64), 2), node: 'lb1' } })
  lb1.say({ type: 'heartbeat', seq: 4, summary: { ...runs(two, 77), node: 'lb1' } })
  hub.tick()
  assert.deepEqual(store.results(77), [])
  assert.equal(store.results(2).find(({ node }) => node === 'lb1')?.at, 1_700_000_001_000)
  hub.close()
})

test('results go with the revision they are of', () => {
  const { hub, store } = testHub()
  const push = (n: number) =>
    store.push({
      body: SPEC,
      digest: `d${n}`,
      parent: n - 1,
      author: '',
      note: '',
      allow: [],
      at: n,
    })
  for (let n = 1; n <= 3; n++) push(n)
  store.saveResults(outcomesOf('lb1', runs('d1', 1), 1))
  assert.equal(store.results(1).length, 1)
  for (let n = 4; store.spec(1) !== undefined && n < 20_000; n++) push(n)
  assert.equal(store.spec(1), undefined)
  assert.deepEqual(store.results(1), [])
  hub.close()
})
