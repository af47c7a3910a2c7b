import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAskHub } from '../../../agent/uplink/ask-hub.ts'
import { fakeRandom } from '../../fakes/random.ts'
import { testClock } from '../../site/kit.ts'

const KEYS = ['0123456789ab']
const answers = [{ key: '0123456789ab', answer: 2 }]

function bed() {
  const clock = testClock()
  const frames: string[] = []
  const asking = createAskHub(clock, fakeRandom(1))
  const ask = () => asking.verify((frame) => void frames.push(frame), KEYS, 1_000)
  const last = () => JSON.parse(frames.at(-1) ?? '{}')
  return { clock, asking, ask, last }
}

test('the answer to a question is the one with its number', async () => {
  const { asking, ask, last } = bed()
  const found = ask()
  const { type, id, keys } = last()
  assert.deepEqual([type, keys], ['verify', KEYS])
  asking.answered({ type: 'verified', id: 'another', answers: [] })
  asking.answered({ type: 'verified', id, answers })
  assert.deepEqual(await found, answers)
})

test('an answer that comes too late is none, and never the answer to the next question', async () => {
  const { clock, asking, ask, last } = bed()
  const late = ask()
  const { id } = last()
  clock.advance(1_000)
  assert.equal(await late, undefined)
  const next = ask()
  asking.answered({ type: 'verified', id, answers })
  clock.advance(1_000)
  assert.equal(await next, undefined)
})

test('a hub that never answers leaves no more than a few questions open', async () => {
  const { clock, ask } = bed()
  const asked = Array.from({ length: 6 }, ask)
  assert.deepEqual(await Promise.all(asked.slice(4)), [undefined, undefined])
  clock.advance(1_000)
  assert.deepEqual(await Promise.all(asked), Array.from({ length: 6 }))
})
