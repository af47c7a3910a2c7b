import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accept } from '../../../agent/accept.ts'
import { allowed } from '../../../agent/confirm.ts'
import { openMemory } from '../../../agent/memory.ts'
import { followRefusal } from '../../../agent/outside/refused.ts'
import type { Agent } from '../../../agent/pass.ts'
import { emptyPassState } from '../../../agent/pass-state.ts'
import { engines } from '../../../agent/providers/index.ts'
import { createStatus } from '../../../agent/status.ts'
import { target } from '../../../agent/target.ts'
import { keepProof } from '../../../agent/verify.ts'
import { checkSpec } from '../../../spec/check.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { Summary } from '../../../spec/report.ts'
import { fakeClock } from '../../fakes/clock.ts'
import { createFakeHost } from '../../fakes/host.ts'
import { fakeRandom } from '../../fakes/random.ts'
import { summary } from '../plan/fixtures.ts'

const old = readFileSync('spec/examples/wordpress.json', 'utf8')
const fresh = old.replace('"port": 80,', '"port": 81,')
const clusterOf = (text: string): Cluster => checkSpec(text).cluster ?? assert.fail()

type Told = Partial<NonNullable<Summary['outside']>>
type More = {
  readonly told?: Told
  readonly revision?: number
  readonly from?: string
  readonly others?: readonly Summary[]
  /** It is no peer: the hub says whom to ask. */
  readonly hinted?: boolean
}
/** lb2, which runs revision 2 after revision 1; lb1 says what came of revision 2 there. */
async function bed(
  saw: 'worse' | 'well' | undefined,
  { told = {}, revision = 2, from = 'lb1', others = [], hinted = false }: More = {},
) {
  const { host } = createFakeHost()
  const world = { host, clock: fakeClock(), random: fakeRandom(1) }
  const memory = await openMemory(host, '/var/lib/hactl')
  const { digest } = clusterOf(fresh)
  const outside: NonNullable<Summary['outside']> = {
    ...{ digest, verdict: 'failed', by: ['lb2'], at: 1, why: 'no answer' },
    ...told,
  }
  const said = summary(from, { outside, wantedRevision: revision })
  const peers = new Map((hinted ? [] : [said, ...others]).map((one) => [one.node, one]))
  const agent: Agent = {
    ...{ world, node: 'lb2', engines, memory, sources: [], proofs: new Map() },
    status: createStatus(world, memory, 'lb2', 'test'),
    peers: { latest: () => peers, refresh: async () => peers },
    outside: {
      ask: async () => assert.fail('nothing is asked'),
      answer: async () => assert.fail('nobody asks'),
      useHub: () => assert.fail('there is no hub'),
      hear: async (_, names) =>
        new Map(
          [said, ...others].flatMap((one) => (names.includes(one.node) ? [[one.node, one]] : [])),
        ),
      saw: () => saw,
    },
    facts: async () => assert.fail('going back asks for no facts'),
    signal: new AbortController().signal,
    state: emptyPassState(),
  }
  const take = async (text: string, number: number) => {
    await accept(memory, { body: text, revision: number, allow: [] })
    await keepProof(agent, clusterOf(text), text)
  }
  await take(old, 1)
  await take(fresh, 2)
  if (hinted) agent.state.hinted.add(from)
  return { agent, memory, take }
}
const targetOf = (agent: Agent) => (target(agent)?.text === fresh ? 'fresh' : 'old')

test('what this node itself saw fail on its peer it leaves as well, with every override, and tells that on', async () => {
  const { agent, memory } = await bed('worse')
  assert.equal(targetOf(agent), 'fresh')
  await followRefusal(agent)
  assert.equal(targetOf(agent), 'old')
  assert.deepEqual(allowed(agent), ['blink', 'removals', 'empty'])
  assert.match(memory.meta().failedReason, /failed from outside on lb1: no answer \(asked by lb2\)/)
  assert.equal(agent.status.summary().outside?.of, 'lb1')
  assert.equal(await keepProof(agent, clusterOf(old), old), 1)
})

test('a peer that quotes this node falsely is not believed', async () => {
  const { agent } = await bed(undefined)
  await followRefusal(agent)
  assert.equal(targetOf(agent), 'fresh')
})

test('nor one that names nobody, only the hub, or itself', async () => {
  for (const by of [[], ['the hub'], ['lb1']]) {
    const { agent } = await bed('worse', { told: { by } })
    await followRefusal(agent)
    assert.equal(targetOf(agent), 'fresh', by.join())
  }
})

test('who was not asked takes the word of those who were, unless it looked and found it well', async () => {
  const two = await bed(undefined, { told: { by: ['lb3'] } })
  await followRefusal(two.agent)
  assert.equal(targetOf(two.agent), 'old')
  const well = await bed('well', { told: { by: ['lb3'] } })
  await followRefusal(well.agent)
  assert.equal(targetOf(well.agent), 'fresh')
})

test('told on by a third node it counts where the one that was asked is silent, or says so itself', async () => {
  const told = { by: ['lb3'], of: 'lb1' }
  const silent = await bed(undefined, { told, from: 'lb3' })
  await followRefusal(silent.agent)
  assert.equal(targetOf(silent.agent), 'old')
  const others = [summary('lb1', { wantedRevision: 2 })]
  const denied = await bed(undefined, { told, from: 'lb3', others })
  await followRefusal(denied.agent)
  assert.equal(targetOf(denied.agent), 'fresh')
})

test('of another spec, or before the push that lifts a quarantine, it says nothing', async () => {
  const other = await bed('worse', { told: { digest: clusterOf(old).digest } })
  await followRefusal(other.agent)
  assert.equal(targetOf(other.agent), 'fresh')
  const older = await bed('worse', { revision: 1 })
  await followRefusal(older.agent)
  assert.equal(targetOf(older.agent), 'fresh')
})

test('pushed again it is tried again', async () => {
  const { agent, take } = await bed('worse')
  await followRefusal(agent)
  await take(fresh, 3)
  await followRefusal(agent)
  assert.equal(targetOf(agent), 'fresh')
  assert.equal(agent.status.summary().outside, undefined)
})

test('the hub only says whom to ask: what that node says itself counts, and only once', async () => {
  const { agent } = await bed(undefined, { hinted: true, told: { by: ['lb3'] } })
  await followRefusal(agent)
  assert.equal(targetOf(agent), 'old')
  assert.equal(agent.state.hinted.size, 0)
  const lie = await bed(undefined, { hinted: true, told: { verdict: 'ok' } })
  await followRefusal(lie.agent)
  assert.equal(targetOf(lie.agent), 'fresh')
})
