import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import type { Agent } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { engines } from '../../agent/providers/index.ts'
import { failed } from '../../agent/quarantine.ts'
import { createStatus } from '../../agent/status.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'

const STATE = '/var/lib/hactl'

/** A node that proved `old` and was told to run `new`. */
async function node(): Promise<Agent> {
  const { host } = createFakeHost()
  const world = { host, clock: fakeClock(), random: fakeRandom(1) }
  const memory = await openMemory(host, STATE)
  await memory.keepSpec('proven', '{}')
  await memory.update({ wantedDigest: 'new', runningDigest: 'old', wantedRevision: 2 })
  return {
    world,
    node: 'lb1',
    engines,
    memory,
    status: createStatus(world, memory, 'lb1', 'test'),
    peers: { latest: () => new Map(), refresh: async () => new Map() },
    sources: [],
    facts: async () => assert.fail('a failure asks for no facts'),
    signal: new AbortController().signal,
    proofs: new Map(),
    state: emptyPassState(),
  }
}
const broken = { digest: 'new', reason: 'haproxy refuses it', undone: true }

test('a spec that only a new one can mend is quarantined, also for the next agent process', async () => {
  const agent = await node()
  assert.deepEqual(await failed(agent, { ...broken, next: 'wait' }), { again: true })
  const again = await openMemory(agent.world.host, STATE)
  const { failedDigest, failedReason } = again.meta()
  assert.deepEqual([failedDigest, failedReason], ['new', 'haproxy refuses it'])
  assert.equal(agent.status.summary().condition, 'Stalled')
})

test('what the world may mend is tried again, later each time, and not quarantined', async () => {
  const agent = await node()
  const delays = []
  for (let tries = 0; tries < 3; tries++) {
    assert.deepEqual(await failed(agent, { ...broken, next: 'retry' }), { again: false })
    delays.push(agent.state.retry?.delayMs)
  }
  assert.deepEqual(delays, [1_000, 2_000, 4_000])
  assert.equal(agent.memory.meta().failedDigest, '')
  assert.equal(agent.status.summary().condition, 'Degraded')
})

test('what was proved here before did not become wrong', async () => {
  const agent = await node()
  await agent.memory.update({ runningDigest: 'new' })
  await failed(agent, { ...broken, next: 'wait' })
  assert.equal(agent.memory.meta().failedDigest, '')
})
