import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accept } from '../../agent/accept.ts'
import { allowed, CONFIRM_FILE, watchConfirm } from '../../agent/confirm.ts'
import { openMemory } from '../../agent/memory.ts'
import type { Agent } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import { target } from '../../agent/target.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Summary } from '../../spec/report.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'

const STATE = '/var/lib/hactl'
const old = readFileSync('spec/examples/wordpress.json', 'utf8')
const fresh = old.replace('"port": 80,', '"port": 81,')
const digestOf = (text: string): string => checkSpec(text).cluster?.digest ?? assert.fail()

/** An agent process on a node that proved revision 1 and took `fresh` as revision 2 with 60 s for the confirmation. */
async function bed() {
  const { host } = createFakeHost()
  const clock = fakeClock()
  const peers = new Map<string, Summary>()
  const start = async (): Promise<Agent> => {
    const world = { host, clock, random: fakeRandom(1) }
    const memory = await openMemory(host, STATE)
    return {
      world,
      node: 'lb1',
      engines,
      memory,
      status: createStatus(world, memory, 'lb1', 'test'),
      peers: { latest: () => peers, refresh: async () => peers },
      sources: [],
      facts: async () => assert.fail('a confirmation asks for no facts'),
      signal: new AbortController().signal,
      proofs: new Map(),
      state: emptyPassState(),
    }
  }
  const agent = await start()
  const { memory } = agent
  await accept(memory, { body: old, revision: 1, allow: [] })
  await memory.keepSpec('proven', old)
  await memory.update({ runningDigest: digestOf(old), runningRevision: 1 })
  const offer = (revision: number, body: string, confirmMs?: number) =>
    accept(memory, {
      body,
      revision,
      allow: [],
      ...(confirmMs === undefined ? {} : { confirmMs }),
    })
  await offer(2, fresh, 60_000)
  /** What a pass does when the spec has proved to run. */
  const prove = async (text: string, revision: number) => {
    await memory.keepSpec('proven', text)
    await memory.update({ runningDigest: digestOf(text), runningRevision: revision })
  }
  await prove(fresh, 2)
  return { agent, clock, peers, start, offer, prove, host }
}

test('nobody confirms: the node acts by what it proved before, and takes that spec no more', async () => {
  const { agent, clock } = await bed()
  assert.equal(await watchConfirm(agent), 60_000)
  clock.advance(59_000)
  assert.equal(await watchConfirm(agent), 1_000)
  assert.equal(target(agent)?.text, fresh)
  clock.advance(1_000)
  assert.equal(await watchConfirm(agent), undefined)
  assert.equal(target(agent)?.text, old)
  assert.deepEqual(allowed(agent), ['blink', 'removals', 'empty'])
  assert.match(agent.memory.meta().failedReason, /revision 2 was not confirmed in time/)
  assert.equal(agent.status.summary().lapsedRevision, 2)
})

test('the hub says confirmed: the wait is over for good', async () => {
  const { agent, clock } = await bed()
  await watchConfirm(agent)
  agent.state.confirmed = 2
  assert.equal(await watchConfirm(agent), undefined)
  clock.advance(600_000)
  assert.equal(await watchConfirm(agent), undefined)
  assert.equal(target(agent)?.text, fresh)
  assert.equal(agent.status.summary().confirmedRevision, 2)
})

test('a word about another revision confirms nothing', async () => {
  const { agent, clock, host } = await bed()
  agent.state.confirmed = 1
  await host.write(`${STATE}/${CONFIRM_FILE}`, '1\n', 0o600)
  assert.equal(await watchConfirm(agent), 60_000)
  assert.equal(await host.read(`${STATE}/${CONFIRM_FILE}`), undefined)
  clock.advance(60_000)
  await watchConfirm(agent)
  assert.equal(target(agent)?.text, old)
})

test('without a hub a person on the node confirms, and the peers take its word', async () => {
  const { agent, host } = await bed()
  await host.write(`${STATE}/${CONFIRM_FILE}`, '2\n', 0o600)
  assert.equal(await watchConfirm(agent), undefined)
  const other = await bed()
  other.peers.set('lb2', agent.status.summary())
  assert.equal(await watchConfirm(other.agent), undefined)
  assert.equal(other.agent.memory.meta().confirmedRevision, 2)
})

test('a restart goes on with what was left; the time the agent was dead does not count', async () => {
  const { agent, clock, start } = await bed()
  await watchConfirm(agent)
  clock.advance(40_000)
  await watchConfirm(agent)
  clock.advance(500_000)
  const next = await start()
  assert.equal(await watchConfirm(next), 20_000)
  clock.advance(20_000)
  await watchConfirm(next)
  assert.equal(target(next)?.text, old)
})

test('a peer that went back is followed, so that both end on one side', async () => {
  const { agent, clock } = await bed()
  clock.advance(1)
  await watchConfirm(agent)
  clock.advance(60_000)
  await watchConfirm(agent)
  const other = await bed()
  other.peers.set('lb1', agent.status.summary())
  assert.equal(await watchConfirm(other.agent), undefined)
  assert.equal(target(other.agent)?.text, old)
})

test('a confirmation wins over a time that ran out: the spec is taken again', async () => {
  const { agent, clock } = await bed()
  await watchConfirm(agent)
  clock.advance(60_000)
  await watchConfirm(agent)
  agent.state.confirmed = 2
  await watchConfirm(agent)
  assert.equal(target(agent)?.text, fresh)
  assert.deepEqual(
    [agent.memory.meta().failedDigest, agent.memory.meta().lapsedRevision],
    ['', undefined],
  )
})

test('the next push ends the wait; one that waits too goes back to what was confirmed, not between', async () => {
  const { agent, clock, offer, prove } = await bed()
  const third = old.replace('"port": 80,', '"port": 82,')
  await offer(3, third, 60_000)
  await prove(third, 3)
  assert.equal(await watchConfirm(agent), 60_000)
  clock.advance(60_000)
  await watchConfirm(agent)
  assert.equal(target(agent)?.text, old)
  await offer(4, third)
  assert.equal(await watchConfirm(agent), undefined)
  assert.equal(target(agent)?.text, third)
  assert.deepEqual(allowed(agent), [])
})

test('a spec whose time was over when it came is never acted by', async () => {
  const { agent, offer } = await bed()
  await offer(3, old.replace('"port": 80,', '"port": 83,'), 0)
  await watchConfirm(agent)
  assert.equal(target(agent)?.text, old)
})

test('the first spec, and one that changes nothing, wait for nobody', async () => {
  const { host } = createFakeHost()
  const memory = await openMemory(host, STATE)
  await accept(memory, { body: old, revision: 1, allow: [], confirmMs: 60_000 })
  assert.equal(memory.meta().confirm, undefined)
  await memory.keepSpec('proven', old)
  await memory.update({ runningDigest: digestOf(old) })
  await accept(memory, { body: old, revision: 2, allow: [], confirmMs: 60_000 })
  assert.equal(memory.meta().confirm, undefined)
})
