import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import type { Agent } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import { takeTurn } from '../../agent/trial.ts'
import type { Summary } from '../../spec/report.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { cluster, observed, plan, step, summary } from './plan/fixtures.ts'

const spec = cluster()
const STATE = '/var/lib/hactl'

/** The backup lb2, whose peer answers with each of these in turn, the last one for ever. */
async function node(answers: readonly Partial<Summary>[], host = createFakeHost().host) {
  const world = { host, clock: fakeClock(), random: fakeRandom(1) }
  const memory = await openMemory(host, STATE)
  const status = createStatus(world, memory, 'lb2', 'test')
  /** What the peer saw of us each time it was asked. */
  const seen: (string | undefined)[] = []
  const refresh = async () => {
    const answer = answers[Math.min(seen.length, answers.length - 1)]
    seen.push(status.summary().applying)
    return new Map([['lb1', summary('lb1', { holds: ['web/172.18.67.33'], ...answer })]])
  }
  const agent: Agent = {
    world,
    node: 'lb2',
    engines,
    memory,
    status,
    peers: { latest: () => new Map(), refresh },
    sources: [],
    facts: async () => assert.fail('a turn asks for no facts'),
    signal: new AbortController().signal,
    proofs: new Map(),
    state: emptyPassState(),
  }
  const look = { plan: plan('lb2', 'new', [step('reload')]), observed: observed(false) }
  return { agent, seen, host, turn: () => takeTurn(agent, spec, look, 'old') }
}

test('it is announced before the last question, and durable before the go', async () => {
  const { turn, seen, host } = await node([{}])
  assert.deepEqual(await turn(), { go: true })
  assert.deepEqual(seen, [undefined, 'new'])
  assert.equal((await openMemory(host, STATE)).meta().trying, 'new')
})

test('of two that announce, the later name takes it back and nothing is written', async () => {
  const { agent, turn, host } = await node([{}, { applying: 'other' }])
  const found = await turn()
  assert.equal(found.go, false)
  assert.match(!found.go ? found.why : '', /lb1, which tries a spec now/)
  assert.equal(!found.go && found.claims, false)
  assert.equal(agent.memory.meta().trying, undefined)
  assert.equal((await openMemory(host, STATE)).meta().trying, undefined)
})

test('a peer that fails it between the two questions stops us', async () => {
  const { turn } = await node([{}, { failed: 'new', reason: 'it died' }])
  const found = await turn()
  assert.equal(!found.go && found.stalled, true)
})

test('killed in the middle: the next agent still says it, and goes on unless a peer tries', async () => {
  const first = await node([{}])
  await first.turn()
  const holder = { running: 'old', holds: [] }
  const again = await node([holder], first.host)
  assert.equal(again.agent.status.summary().applying, 'new')
  assert.deepEqual(await again.turn(), { go: true })
  const taken = await node([{ ...holder, applying: 'new' }], first.host)
  assert.equal((await taken.turn()).go, false)
})
