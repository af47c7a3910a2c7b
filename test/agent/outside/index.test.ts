// The pass that changes something: asked before and after, so often and so long as it takes, and what comes of each end.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accept } from '../../../agent/accept.ts'
import { openMemory } from '../../../agent/memory.ts'
import { askBefore, verifyOutside } from '../../../agent/outside/index.ts'
import type { Agent } from '../../../agent/pass.ts'
import { emptyPassState } from '../../../agent/pass-state.ts'
import { engines } from '../../../agent/providers/index.ts'
import { createStatus } from '../../../agent/status.ts'
import { keepProof, readyReason } from '../../../agent/verify.ts'
import { checkSpec } from '../../../spec/check.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import { probesOf } from '../../../spec/verify.ts'
import { fakeClock } from '../../fakes/clock.ts'
import { createFakeHost } from '../../fakes/host.ts'
import { fakeRandom } from '../../fakes/random.ts'
import { summary } from '../plan/fixtures.ts'

const VIP = { interface: 'eth0', address: '172.18.67.33', prefix: 32 }
const HOLD = 'web/172.18.67.33'
const old = readFileSync('spec/examples/wordpress.json', 'utf8')
const clusterOf = (text: string): Cluster => checkSpec(text).cluster ?? assert.fail()

/** lb1, which holds the vip and proved revision 1; lb2 gives one answer to every question, undefined for none. */
async function bed({ takeoverMs = 400, holds = true } = {}) {
  const fresh = old.replace('"peers"', `"takeoverMs": ${takeoverMs}, "peers"`)
  const { host, addresses } = createFakeHost()
  const clock = fakeClock()
  const world = { host, clock, random: fakeRandom(1) }
  const now: { answer: number | undefined; asked: string[][]; peerHolds: boolean } = {
    ...{ answer: 2, asked: [], peerHolds: false },
  }
  const start = async (): Promise<Agent> => {
    const memory = await openMemory(host, '/var/lib/hactl')
    const peers = async () =>
      new Map([['lb2', summary('lb2', { holds: now.peerHolds ? [HOLD] : [] })]])
    const status = createStatus(world, memory, 'lb1', 'test')
    status.holds(holds ? [HOLD] : [])
    return {
      ...{ world, node: 'lb1', engines, memory, status, sources: [], proofs: new Map() },
      peers: { latest: () => new Map(), refresh: peers },
      outside: {
        ask: async (_, keys) => {
          now.asked.push([...keys])
          const { answer } = now
          if (answer === undefined) return []
          return [{ name: 'lb2', path: true, answers: new Map(keys.map((key) => [key, answer])) }]
        },
        answer: async () => assert.fail('nobody asks'),
        useHub: () => assert.fail('there is no hub'),
        hear: async () => assert.fail('nobody is heard'),
        saw: () => undefined,
      },
      facts: async () => assert.fail('verification asks for no facts'),
      signal: new AbortController().signal,
      state: emptyPassState(),
    }
  }
  const agent = await start()
  await accept(agent.memory, { body: old, revision: 1, allow: [] })
  await keepProof(agent, clusterOf(old), old)
  await accept(agent.memory, { body: fresh, revision: 2, allow: [] })
  if (holds) addresses.push(VIP)
  const verdict = ({ memory }: Agent) => memory.meta().outside?.verdict
  return { agent, start, now, clock, addresses, verdict, spec: clusterOf(fresh) }
}

test('well: asked once before and once after, through the vip that is held; a standby at its own address', async () => {
  for (const holds of [true, false]) {
    const { agent, now, spec, verdict } = await bed({ holds })
    await askBefore(agent, spec)
    assert.equal(await verifyOutside(agent, spec), undefined)
    assert.equal(verdict(agent), 'ok')
    assert.equal(now.asked.length, 2)
    const due = probesOf(spec).filter(({ node }) => node === (holds ? undefined : 'lb1'))
    assert.deepEqual(
      now.asked[0],
      due.map(({ key }) => key),
    )
  }
})

test('no answer any more: asked again as often as the spec says, then it has failed, within 4 s', async () => {
  const { agent, now, clock, spec, verdict } = await bed()
  await askBefore(agent, spec)
  now.answer = 0
  const startMs = clock.monotonic()
  const failed = await verifyOutside(agent, spec)
  assert.match(
    failed?.reason ?? '',
    /gave 2xx before and gives no answer now, and 2 more \(asked by lb2\)/,
  )
  assert.deepEqual([failed?.next, failed?.digest, verdict(agent)], ['wait', spec.digest, 'failed'])
  assert.equal(now.asked.length, 4)
  assert(clock.monotonic() - startMs < 4_000)
})

test('nobody can ask: it stays, and the node says so', async () => {
  for (const [before, after] of [
    [undefined, 2],
    [2, undefined],
  ] as const) {
    const { agent, now, spec, verdict } = await bed()
    now.answer = before
    await askBefore(agent, spec)
    now.answer = after
    assert.equal(await verifyOutside(agent, spec), undefined)
    assert.equal(verdict(agent), 'unknown')
    assert.equal(readyReason(agent, spec), 'not verified from outside: nobody could ask')
  }
})

test('the vip has moved to a peer meanwhile: its silence is not this node', async () => {
  const { agent, now, addresses, spec, verdict } = await bed()
  await askBefore(agent, spec)
  Object.assign(now, { answer: 0, peerHolds: true })
  addresses.length = 0
  assert.equal(await verifyOutside(agent, spec), undefined)
  assert.equal(verdict(agent), 'unknown')
})

test('nobody holds the vip any more: failed when a takeover would have been over, else not known', async () => {
  const lost = await bed()
  await askBefore(lost.agent, lost.spec)
  lost.now.answer = 0
  lost.addresses.length = 0
  assert.match((await verifyOutside(lost.agent, lost.spec))?.reason ?? '', /nobody holds vip web/)
  const slow = await bed({ takeoverMs: 8_000 })
  await askBefore(slow.agent, slow.spec)
  slow.now.answer = 0
  slow.addresses.length = 0
  assert.equal(await verifyOutside(slow.agent, slow.spec), undefined)
  assert.equal(slow.verdict(slow.agent), 'unknown')
})

test('killed between the two: the next agent has the answers of before, and does not ask anew', async () => {
  const { agent, start, now, spec } = await bed()
  await askBefore(agent, spec)
  now.answer = 0
  const next = await start()
  await askBefore(next, spec)
  assert.equal(now.asked.length, 1)
  assert.notEqual(await verifyOutside(next, spec), undefined)
})

test('what is proved already is on no trial: nobody is asked', async () => {
  const { agent, now } = await bed()
  const proven = clusterOf(old)
  await askBefore(agent, proven)
  assert.equal(await verifyOutside(agent, proven), undefined)
  assert.deepEqual(now.asked, [])
})
