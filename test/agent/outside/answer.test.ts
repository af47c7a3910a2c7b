import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnswerer } from '../../../agent/outside/answer.ts'
import { probesOf, type Question } from '../../../spec/verify.ts'
import { fakeClock } from '../../fakes/clock.ts'
import { cluster } from '../plan/fixtures.ts'

const PORT = 9440
const spec = cluster()
const keys = probesOf(spec).map(({ key }) => key)
const through = probesOf(spec).filter(({ node }) => node === undefined)

function bed(own: readonly string[] = []) {
  const knocked: Question[] = []
  const clock = fakeClock()
  let answer = 2
  const answerer = createAnswerer({
    ...{ node: 'lb2', clock, peerPort: PORT, clusters: () => [spec] },
    addresses: async () => own.map((address) => ({ interface: 'eth0', prefix: 32, address })),
    knock: async (question) => {
      knocked.push(question)
      return question.how === 'connect' ? 1 : answer
    },
  })
  const now = (next: number): void => {
    answer = next
  }
  return { answerer, knocked, clock, now }
}

test('only questions of a spec of its own are asked, of the peer that wants to know or through a vip of it', async () => {
  const { answerer, knocked } = bed()
  const asked = await answerer.answer('lb1', [...keys, 'ffffffffffff'])
  const lb1 = probesOf(spec).filter(({ node }) => node === undefined || node === 'lb1')
  assert.deepEqual(
    asked?.answers,
    lb1.map(({ key }) => ({ key, answer: 2 })),
  )
  assert.equal(asked?.path, true)
  assert.deepEqual(
    knocked.map(({ address, port }) => `${address}:${port}`).sort(),
    ['172.18.67.13:9440', ...lb1.map(({ address }) => `${address}:80`)].sort(),
  )
})

test('a made up key opens no connection but the one to the peer, and a stranger none at all', async () => {
  const { answerer, knocked } = bed()
  assert.deepEqual((await answerer.answer('lb1', ['000000000000']))?.answers, [])
  assert.deepEqual(
    knocked.map(({ port }) => port),
    [PORT],
  )
  for (const stranger of ['lb2', 'web1', 'nobody', ''])
    assert.equal(await answerer.answer(stranger, keys), undefined)
  assert.equal(knocked.length, 1)
})

test('what this node holds itself it cannot see from outside', async () => {
  const { answerer } = bed(['172.18.67.33'])
  const asked = await answerer.answer('lb1', keys)
  assert(asked?.answers.every(({ key }) => through.every((one) => one.key !== key)))
})

test('one question at a time for each node; the same one twice is asked once', async () => {
  const { answerer, knocked } = bed()
  const [one, same, other] = await Promise.all([
    answerer.answer('lb1', keys),
    answerer.answer('lb1', keys),
    answerer.answer('lb1', keys.slice(1)),
  ])
  assert.deepEqual(one, same)
  assert.equal(other, undefined)
  const once = knocked.length
  await answerer.answer('lb1', keys.slice(1))
  assert(knocked.length < 2 * once)
})

test('it remembers for a while that it saw a node get worse, and of no other', async () => {
  const { answerer, clock, now } = bed()
  await answerer.answer('lb1', keys)
  assert.equal(answerer.saw('lb1'), 'well')
  now(0)
  for (let tries = 0; tries < 3; tries++) await answerer.answer('lb1', keys)
  assert.equal(answerer.saw('lb1'), 'worse')
  assert.equal(answerer.saw('lb3'), undefined)
  clock.advance(2_000)
  assert.equal(answerer.saw('lb1', 1_000), undefined)
  assert.equal(answerer.saw('lb1'), 'worse')
  clock.advance(300_000)
  assert.equal(answerer.saw('lb1'), undefined)
})
