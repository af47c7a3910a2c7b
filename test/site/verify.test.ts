// The hub as an asker: what it looks at, for whom, how often; and how it passes on that a spec failed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLooker } from '../../site/verify.ts'
import { probesOf, type Question } from '../../spec/verify.ts'
import { clusterOf, join, SPEC, summaryOf, testClock, testHub } from './kit.ts'

const spec = clusterOf(SPEC)
const keys = probesOf(spec).map(({ key }) => key)

function bed(own: readonly string[] = []) {
  const knocked: Question[] = []
  const clock = testClock()
  const look = {
    addresses: () => own,
    knock: async (question: Question) => {
      knocked.push(question)
      return 2
    },
  }
  return { look, clock, knocked, ask: createLooker(look, clock, () => spec) }
}

test('the listeners of that node and of its vips, as the newest spec has them; nothing else by any key', async () => {
  const { ask, knocked } = bed()
  const answers = await ask('lb1', [...keys, '000000000000'])
  const due = probesOf(spec).filter(({ node }) => node === undefined || node === 'lb1')
  assert.deepEqual(
    answers,
    due.map(({ key }) => ({ key, answer: 2 })),
  )
  assert.equal(knocked.length, due.length)
  assert.deepEqual(await ask('web1', keys), [])
  assert.deepEqual(await ask('nobody', keys), [])
  assert.equal(knocked.length, due.length)
})

test('what the machine of the hub holds itself it does not see from outside', async () => {
  const { ask } = bed(['172.18.67.33', '172.18.67.13'])
  assert.deepEqual(await ask('lb1', keys), [])
})

test('a node that asks too often gets no more answers for a while, others do', async () => {
  const { ask, clock } = bed()
  let answered = 0
  for (let n = 0; n < 20; n++) answered += Math.sign((await ask('lb1', keys)).length)
  assert.equal(answered, 8)
  assert((await ask('lb2', keys)).length > 0)
  clock.advance(1_000)
  assert((await ask('lb1', keys)).length > 0)
})

test('an agent asks over its line and is answered there; without a spec with nothing', async () => {
  const { look } = bed()
  const { hub, push } = testHub({ look })
  const lb1 = join(hub, 'lb1')
  const last = () =>
    lb1.sent.map((text) => JSON.parse(text)).findLast(({ type }) => type === 'verified')
  const ask = async (id: string) => {
    lb1.say({ type: 'verify', id, keys })
    for (let turns = 0; turns < 5 && last()?.id !== id; turns++)
      await new Promise((done) => setImmediate(done))
    return last()
  }
  assert.deepEqual(await ask('a'), { type: 'verified', id: 'a', answers: [] })
  await push(SPEC, 0)
  assert.equal((await ask('b')).answers[0].answer, 2)
  assert.deepEqual(lb1.closes, [])
  lb1.say({ type: 'verify', id: 'c', keys: ['http://192.0.2.1/'] })
  assert.equal(lb1.closes.length, 1)
  hub.close()
})

test('a spec that failed from outside on one node: every other agent is told once whom to ask', () => {
  const { hub } = testHub()
  const [lb1, lb2] = [join(hub, 'lb1'), join(hub, 'lb2')]
  const hints = (agent: typeof lb1) => agent.sent.filter((text) => text.includes('"failed"'))
  const outside = { digest: 'd', verdict: 'failed', by: ['lb2'], at: 1, why: 'no answer' }
  for (const seq of [1, 2])
    lb1.say({ type: 'heartbeat', seq, summary: { ...summaryOf('lb1'), outside } })
  assert.deepEqual(hints(lb2), ['{"type":"failed","node":"lb1"}'])
  assert.deepEqual(hints(lb1), [])
  lb1.say({ type: 'heartbeat', seq: 3, summary: summaryOf('lb1') })
  lb1.say({ type: 'heartbeat', seq: 4, summary: { ...summaryOf('lb1'), outside } })
  assert.equal(hints(lb2).length, 2)
  hub.close()
})
