// Queues that are bounded, apart from each other and patient, on a clock that only moves when told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AGE_MS_MAX,
  type Attempt,
  createCourier,
  QUEUE_MAX,
  RETRY_MS_MIN,
} from '../../../agent/host/courier.ts'
import type { ClusterNotify } from '../../../spec/notify.ts'
import type { Delivery } from '../../../spec/notice.ts'
import { TOPICS } from '../../../spec/notify.ts'
import { testClock } from '../../site/kit.ts'
import { NOTICE, SENDER } from './notify-kit.ts'

const OK: Attempt = { ok: true, again: false, text: 'taken' }
const LATER: Attempt = { ok: false, again: true, text: 'down' }
const NEVER: Attempt = { ok: false, again: false, text: 'refused' }
const hook = (name: string) => ({ name, at: { url: '' }, format: 'json' as const })
const notify = (...names: string[]): ClusterNotify => ({
  ...{ webhooks: names.map(hook), on: TOPICS, repeatMs: 1, messagesMax: 1 },
})

/** `answers` by way, in turn; 'hang' never answers. */
function courier(answers: Record<string, (Attempt | 'hang')[]>) {
  const clock = testClock()
  const tried: string[] = []
  const told: Delivery[] = []
  const made = createCourier(clock, ({ webhooks }) =>
    webhooks.map(({ name }) => ({
      name,
      deliver: async ({ id }) => {
        tried.push(`${name} ${id}`)
        const answer = answers[name]?.shift() ?? OK
        return answer === 'hang' ? new Promise<Attempt>(() => {}) : answer
      },
    })),
  )
  const send = (id: string, to: ClusterNotify) =>
    made.send({ ...NOTICE, id }, SENDER, to, (delivery) => told.push(delivery))
  const pass = async (ms: number) => {
    clock.advance(ms)
    // Promises only: a few turns settle all that is due.
    for (let n = 0; n < 50; n++) await Promise.resolve()
  }
  return { send, pass, tried, told, close: made.close }
}
const texts = (told: readonly Delivery[]) => told.map(({ way, text }) => `${way}: ${text}`)

test('every way gets it once', async () => {
  const { send, pass, tried, told } = courier({})
  send('1', notify('a', 'b'))
  await pass(0)
  assert.deepEqual(tried, ['a 1', 'b 1'])
  assert.deepEqual(texts(told), ['a: taken', 'b: taken'])
  await pass(AGE_MS_MAX)
  assert.equal(tried.length, 2)
})

test('a way that hangs delays no other', async () => {
  const { send, pass, told } = courier({ a: ['hang'] })
  send('1', notify('a', 'b'))
  send('2', notify('a', 'b'))
  await pass(0)
  assert.deepEqual(texts(told), ['b: taken', 'b: taken'])
})

test('what may pass is tried again, later and later, in order; said at first and at the end', async () => {
  const { send, pass, tried, told } = courier({ a: [LATER, LATER, LATER] })
  send('1', notify('a'))
  send('2', notify('a'))
  await pass(0)
  await pass(RETRY_MS_MIN - 1)
  assert.equal(tried.length, 1)
  await pass(1)
  assert.equal(tried.length, 2)
  await pass(2 * RETRY_MS_MIN - 1)
  assert.equal(tried.length, 2)
  await pass(1)
  await pass(4 * RETRY_MS_MIN)
  assert.deepEqual(tried, ['a 1', 'a 1', 'a 1', 'a 1', 'a 2'])
  assert.deepEqual(texts(told), ['a: down', 'a: taken (try 4)', 'a: taken'])
  assert.deepEqual(
    told.map(({ again }) => again),
    [true, false, false],
  )
})

test('a server that asks for patience gets it', async () => {
  const { send, pass, tried } = courier({ a: [{ ...LATER, afterMs: 60_000 }] })
  send('1', notify('a'))
  await pass(0)
  await pass(59_999)
  assert.equal(tried.length, 1)
  await pass(1)
  assert.equal(tried.length, 2)
})

test('what cannot pass is given up at once', async () => {
  const { send, pass, tried, told } = courier({ a: [NEVER] })
  send('1', notify('a'))
  send('2', notify('a'))
  await pass(0)
  assert.deepEqual(tried, ['a 1', 'a 2'])
  assert.deepEqual(texts(told), ['a: refused', 'a: taken'])
})

test('old news is given up', async () => {
  const { send, pass, told } = courier({ a: [LATER, LATER, LATER] })
  send('1', notify('a'))
  await pass(0)
  await pass(AGE_MS_MAX + 1)
  assert.deepEqual(texts(told), ['a: down', 'a: down (try 2)'])
  assert.equal(told[1]?.again, false)
})

test('the queue is bounded: the oldest that waits is given up, the one under way is not', async () => {
  const { send, pass, told } = courier({ a: ['hang'] })
  for (let n = 0; n < QUEUE_MAX + 2; n++) send(String(n), notify('a'))
  await pass(0)
  assert.deepEqual(texts(told), ['a: given up: too many wait', 'a: given up: too many wait'])
})

test('a way that left the spec gives up what waited for it', async () => {
  const { send, pass, told } = courier({ a: [LATER] })
  send('1', notify('a'))
  await pass(0)
  send('2', notify('b'))
  await pass(RETRY_MS_MIN)
  assert.deepEqual(texts(told), [
    'a: down',
    'b: taken',
    'a: given up: the spec no longer has it (try 2)',
  ])
})

test('after close nothing is tried', async () => {
  const { send, pass, tried, close } = courier({ a: [LATER] })
  send('1', notify('a'))
  await pass(0)
  close()
  send('2', notify('a'))
  await pass(RETRY_MS_MIN)
  assert.deepEqual(tried, ['a 1'])
})
