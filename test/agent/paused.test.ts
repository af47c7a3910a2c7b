// A paused node on a fake machine: it says what it would do and does none of it; what serves goes on serving.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import { HERE_FILE, tellOrders } from '../../agent/orders.ts'
import { type Agent, pass } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import type { Daemon, Fetched } from '../../agent/world.ts'
import { checkSpec } from '../../spec/check.ts'
import { fakeClock } from '../fakes/clock.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { summary } from './plan/fixtures.ts'

const STATE = '/var/lib/hactl'
const HAPROXY: Daemon = {
  ...{ name: 'haproxy', unit: 'haproxy.service', argv: ['haproxy', '-f', CONFIG_PATH] },
  reloadSignal: 'SIGUSR2',
}
const old = readFileSync('spec/examples/wordpress.json', 'utf8')
const fresh = old.replace('"port": 80,', '"port": 81,')
const digestOf = (text: string): string => checkSpec(text).cluster?.digest ?? assert.fail()

/** A node that proved revision 1; every peer has proved what is offered. */
async function bed() {
  const fake = createFakeHost()
  const clock = fakeClock()
  const offers: Fetched[] = [{ body: old, revision: 1, allow: [] }]
  const events: string[] = []
  let running = digestOf(old)
  const start = async (): Promise<Agent> => {
    const world = { host: fake.host, clock, random: fakeRandom(1) }
    const memory = await openMemory(fake.host, STATE)
    const status = createStatus(world, memory, 'lb1', 'test')
    status.onEvent(({ text }) => events.push(text))
    const peers = () => new Map([['lb2', summary('lb2', { running })]])
    const agent = {
      world,
      node: 'lb1',
      engines,
      memory,
      status,
      peers: { latest: peers, refresh: async () => peers() },
      sources: [{ name: 'fake', fetch: async () => offers.shift() }],
      facts: async () => fakeFacts('lb1', '172.18.67.13'),
      signal: new AbortController().signal,
      proofs: new Map(),
      state: emptyPassState(),
    }
    tellOrders(agent)
    return agent
  }
  const agent = await start()
  const push = (body: string, revision: number) => {
    offers.push({ body, revision, allow: ['removals', 'empty', 'blink'] })
    running = digestOf(body)
  }
  for (let n = 0; n < 3; n++) await pass(agent)
  assert.equal(agent.status.summary().condition, 'Ready', agent.status.summary().reason)
  const order = (leftMs?: number) => ({
    ...{ id: 'p1', kind: 'pause', about: 'lb1', by: 'kim', reason: 'new kernel', at: 1 },
    ...(leftMs === undefined ? {} : { leftMs }),
  })
  const said = (orders: readonly unknown[]) => ({ orders, lifted: [] })
  return { fake, agent, clock, push, start, events, order, said }
}

test('a push waits while the node is paused, says so, and is taken with the end of the pause', async () => {
  const { fake, agent, push, order, said } = await bed()
  const was = fake.disk.read(CONFIG_PATH)?.body
  agent.state.heard = said([order()])
  push(fresh, 2)
  await pass(agent)
  const { condition, reason, orders, wantedRevision, runningRevision } = agent.status.summary()
  assert.equal(condition, 'Paused')
  assert.match(reason, /^paused by kim: new kernel; revision 2 waits: .*daemon:haproxy/)
  assert.deepEqual([wantedRevision, runningRevision], [2, 1])
  assert.deepEqual(
    orders?.map(({ id, is, here }) => [id, is, here]),
    [['p1', 'done', false]],
  )
  assert.equal(fake.disk.read(CONFIG_PATH)?.body, was)
  agent.state.heard = said([])
  for (let n = 0; n < 3; n++) await pass(agent)
  assert.equal(agent.status.summary().condition, 'Ready', agent.status.summary().reason)
  assert.equal(agent.status.summary().runningRevision, 2)
  assert.equal(agent.status.summary().orders, undefined)
})

test('a hand edit is shown as drift and stays', async () => {
  const { fake, agent, order, said } = await bed()
  agent.state.heard = said([order()])
  const edited = `${fake.disk.read(CONFIG_PATH)?.body}# by hand\n`
  fake.disk.write(CONFIG_PATH, edited, 0o644)
  for (let n = 0; n < 3; n++) await pass(agent)
  assert.equal(fake.disk.read(CONFIG_PATH)?.body, edited)
  assert.deepEqual(agent.status.report().drift, [`daemon:haproxy: ${CONFIG_PATH} differs`])
  assert.match(agent.status.summary().reason, /drift is left as it is: daemon:haproxy$/)
})

test('a daemon that nobody keeps running any more is started, with its files as they stand', async () => {
  const { fake, agent, start, order, said } = await bed()
  agent.state.heard = said([order()])
  await pass(agent)
  const edited = `${fake.disk.read(CONFIG_PATH)?.body}# by hand\n`
  fake.disk.write(CONFIG_PATH, edited, 0o644)
  // Not killed: its supervisor would start it. Ended by hand, as a package's script does.
  await fake.host.supervisor.stop(HAPROXY)
  assert.equal(fake.daemons.loaded('haproxy'), undefined)
  await pass(await start())
  assert.equal(fake.daemons.loaded('haproxy'), edited)
  assert.equal(fake.disk.read(CONFIG_PATH)?.body, edited)
})

test('a pause outlives the agent, and its time goes on from what was noted; it ends without the hub', async () => {
  const { agent, clock, start, push, order, said, events } = await bed()
  agent.state.heard = said([order(60_000)])
  await pass(agent)
  clock.advance(40_000)
  await pass(agent)
  const next = await start()
  assert.equal(next.status.summary().orders?.[0]?.id, 'p1')
  push(fresh, 2)
  const { withinMs } = await pass(next)
  assert.equal(next.status.summary().condition, 'Paused')
  assert.equal(withinMs, 20_000)
  clock.advance(20_000)
  for (let n = 0; n < 3; n++) await pass(next)
  assert.equal(next.status.summary().condition, 'Ready')
  assert.deepEqual(next.status.summary().ordersOver, ['p1'])
  assert.ok(events.includes('resumed: its time is over'), events.join('\n'))
})

test('a word on the node, without the hub: one is given, and a broken one is taken away and said', async () => {
  const { fake, agent, events } = await bed()
  const tell = (word: unknown) =>
    fake.disk.write(`${STATE}/${HERE_FILE}`, JSON.stringify(word), 0o600)
  tell({ do: 'give', kind: 'pause', by: 'ada', reason: 'disk' })
  await pass(agent)
  assert.match(agent.status.summary().reason, /^paused by ada: disk/)
  assert.equal(agent.status.summary().orders?.[0]?.here, true)
  tell({ do: 'burn' })
  await pass(agent)
  assert.ok(events.some((text) => /cannot read the order/.test(text)))
  assert.equal(fake.disk.read(`${STATE}/${HERE_FILE}`), undefined)
  tell({ do: 'lift', kind: 'pause', by: 'ada', reason: '' })
  await pass(agent)
  assert.equal(agent.status.summary().condition, 'Ready')
})

test('a full disk keeps no pause away, and a damaged record is set aside and said', async () => {
  const { fake, agent, start, order, said, events } = await bed()
  const write = fake.host.write
  const full = async () => assert.fail('ENOSPC')
  Object.assign(fake.host, { write: full })
  agent.state.heard = said([order()])
  await pass(agent)
  assert.equal(agent.status.summary().condition, 'Paused')
  assert.ok(events.some((text) => /cannot write down the orders/.test(text)))
  Object.assign(fake.host, { write })
  fake.disk.write(`${STATE}/orders.json`, '{ "orders": [', 0o600)
  const next = await start()
  assert.match(next.memory.damaged.join(), /orders\.json is damaged/)
})
