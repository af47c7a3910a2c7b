// Orders at the hub: kept, said to agents, and shown as the agents say they are followed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../site/store.ts'
import type { OrderSaid } from '../../spec/order.ts'
import type { Summary } from '../../spec/report.ts'
import { bearer, join, reportOf, SPEC, summaryOf, testClock, testHub, tokens } from './kit.ts'

type Hub = ReturnType<typeof testHub>

const give = ({ hub }: Hub, order: unknown, token = tokens.operator) =>
  hub.app.request('/v1/orders', {
    method: 'POST',
    body: typeof order === 'string' ? order : JSON.stringify(order),
    headers: { ...bearer(token), 'x-hactl-author': 'kim' },
  })
const lift = ({ hub }: Hub, kind: string, about: string, token = tokens.operator) =>
  hub.app.request(`/v1/orders?kind=${kind}&about=${encodeURIComponent(about)}`, {
    method: 'DELETE',
    headers: bearer(token),
  })
const idOf = async (answer: Response): Promise<string> => {
  assert.equal(answer.status, 201, await answer.clone().text())
  return JSON.parse(await answer.text()).id
}
const shown = async ({ get }: Hub) =>
  JSON.parse(await (await get('/v1/status')).text()).orders ?? []
const events = async ({ get }: Hub): Promise<readonly string[]> =>
  JSON.parse(await (await get('/v1/events')).text()).map(({ text }: { text: string }) => text)

/** lb1 and lb2 speak to the hub; `said` is one more heartbeat of a node. */
async function bed(more: Parameters<typeof testHub>[0] = {}) {
  const made = testHub(more)
  await made.push(SPEC, 0)
  let seq = 0
  const agents = new Map(['lb1', 'lb2'].map((node) => [node, join(made.hub, node)]))
  const said = (node: string, patch: Partial<Summary> = {}) =>
    agents.get(node)?.say({
      ...{ type: 'heartbeat', seq: ++seq },
      summary: { ...summaryOf(node), ...patch },
    })
  said('lb1')
  said('lb2')
  const heard = (node: string) =>
    (agents.get(node)?.sent ?? [])
      .map((text) => JSON.parse(text))
      .filter(({ type }) => type === 'orders')
  /** A node that sees wp2 so. */
  const report = (node: string, status: string) => {
    const full = reportOf(summaryOf(node))
    const servers = full.servers.map((one) => ({ ...one, server: 'wp2', status }))
    agents.get(node)?.say({ type: 'report', seq: ++seq, report: { ...full, servers } })
  }
  return { made, said, heard, report }
}
const taken = (id: string, patch: Partial<OrderSaid> = {}): OrderSaid => ({
  ...{ id, kind: 'pause', about: 'lb1', by: 'kim', reason: '', at: 1, here: false },
  ...{ is: 'done', why: '', ...patch },
})

test('an order is said to its node alone, at once and to an agent that comes, with what is left of its time', async () => {
  const { made, heard } = await bed()
  const id = await idOf(
    await give(made, { kind: 'pause', about: 'lb1', reason: 'new\nkernel', forMs: 60_000 }),
  )
  const [said] = heard('lb1')
  assert.deepEqual(said.lifted, [])
  const { at, by, reason, leftMs } = said.orders[0]
  assert.deepEqual(
    [at > 0, by, reason, leftMs],
    [true, 'kim (shared-operator)', 'new kernel', 60_000],
  )
  assert.deepEqual(heard('lb2')[0].orders, [])
  made.clock.advance(20_000)
  const late = join(made.hub, 'lb1', 'b2').sent.map((text) => JSON.parse(text))
  const again = late.find(({ type }) => type === 'orders')
  assert.deepEqual([again.orders[0].id, again.orders[0].leftMs], [id, 40_000])
  assert.ok((await events(made)).includes('kim (shared-operator) pauses lb1: new kernel'))
  made.hub.close()
})

test('what is shown is what the node says: not taken, done, unknown when it is silent', async () => {
  const { made, said } = await bed()
  const id = await idOf(await give(made, { kind: 'pause', about: 'lb1' }))
  const word = async () => (await shown(made))[0].nodes
  assert.deepEqual(await word(), [
    { node: 'lb1', is: 'not taken', why: 'its agent does not say that it took it' },
  ])
  said('lb1', { orders: [taken(id)] })
  assert.deepEqual(await word(), [{ node: 'lb1', is: 'done', why: '' }])
  made.clock.advance(4_000)
  assert.deepEqual(await word(), [
    { node: 'lb1', is: 'unknown', why: 'its agent is silent, it said: done' },
  ])
  made.hub.close()
})

test('taken back, over by its time, ended on its node: it is gone, and the agents hear it', async () => {
  const { made, said, heard } = await bed()
  await give(made, { kind: 'pause', about: 'lb1' })
  assert.equal((await lift(made, 'pause', 'lb1')).status, 200)
  assert.deepEqual(heard('lb1').at(-1).orders, [])
  assert.equal((await lift(made, 'pause', 'lb1')).status, 404)
  await give(made, { kind: 'pause', about: 'lb1', forMs: 5_000 })
  made.clock.advance(5_000)
  made.hub.tick()
  assert.deepEqual([await shown(made), heard('lb1').at(-1).orders], [[], []])
  const id = await idOf(await give(made, { kind: 'pause', about: 'lb1' }))
  said('lb2', { ordersOver: [id] })
  assert.equal((await shown(made)).length, 1)
  said('lb1', { ordersOver: [id] })
  assert.deepEqual(await shown(made), [])
  made.hub.close()
})

test('a node that still follows an order of before is told that there is none', async () => {
  const { made, said, heard } = await bed()
  assert.deepEqual(heard('lb1'), [])
  said('lb1', { orders: [taken('of-another-life')] })
  assert.deepEqual(heard('lb1').at(-1).orders, [])
  made.hub.close()
})

test('an order given on a node is shown, and taken back at the hub until the node says that it is gone', async () => {
  const { made, said, heard } = await bed()
  said('lb1', { orders: [taken('h1', { here: true, by: 'ada' })] })
  const [order] = await shown(made)
  assert.deepEqual([order.here, order.by, order.nodes[0].is], ['lb1', 'ada', 'done'])
  assert.equal((await lift(made, 'pause', 'lb1')).status, 200)
  assert.deepEqual(heard('lb1').at(-1).lifted, ['h1'])
  assert.deepEqual(heard('lb2').at(-1).lifted, [])
  said('lb1')
  const late = join(made.hub, 'lb1', 'b3').sent.map((text) => JSON.parse(text).type)
  assert.deepEqual(
    late.filter((type) => type === 'orders'),
    [],
  )
  made.hub.close()
})

test('orders outlive the hub', async () => {
  const store = openStore(':memory:')
  const clock = testClock()
  const { made } = await bed({ store, clock })
  const id = await idOf(await give(made, { kind: 'pause', about: 'lb1', forMs: 60_000 }))
  const next = testHub({ store, clock })
  const message = join(next.hub, 'lb1').sent.map((text) => JSON.parse(text))
  assert.equal(message.find(({ type }) => type === 'orders').orders[0].id, id)
  made.hub.close()
})

test('only operators order; nonsense, strangers and more than there may be are refused', async () => {
  const { made } = await bed()
  const pause = { kind: 'pause', about: 'lb1' }
  assert.equal((await give(made, pause, tokens.viewer)).status, 403)
  assert.equal((await give(made, pause, tokens.agent)).status, 403)
  assert.equal((await lift(made, 'pause', 'lb1', tokens.viewer)).status, 403)
  for (const bad of [
    '{',
    { kind: 'reboot', about: 'lb1' },
    { ...pause, forMs: 1 },
    { ...pause, x: 1 },
  ])
    assert.equal((await give(made, bad)).status, 400, JSON.stringify(bad))
  assert.equal((await give(made, { kind: 'pause', about: 'appsrvs/wp1' })).status, 400)
  assert.equal((await give(made, { kind: 'pause', about: 'lb9' })).status, 404)
  assert.equal((await give(made, { kind: 'drain', about: 'appsrvs/wp9' })).status, 404)
  assert.equal((await give(made, `"${'x'.repeat(5_000)}"`)).status, 413)
  made.hub.close()
})

test('one of a kind about one thing: the later one replaces it', async () => {
  const { made } = await bed()
  await give(made, { kind: 'pause', about: 'lb1', reason: 'a' })
  await give(made, { kind: 'pause', about: 'lb1', reason: 'b' })
  assert.deepEqual(
    (await shown(made)).map(({ reason }: { reason: string }) => reason),
    ['b'],
  )
  made.hub.close()
})

test('an order that stands for a day is told once, and its end too', async () => {
  const { made } = await bed()
  await give(made, { kind: 'pause', about: 'lb1', reason: 'new kernel' })
  const open = async () =>
    JSON.parse(await (await made.get('/v1/alerts')).text())
      .open.map(({ text }: { text: string }) => text)
      .filter((text: string) => /order/.test(text))
  made.hub.tick()
  assert.deepEqual(await open(), [])
  made.clock.advance(24 * 3_600_000)
  made.hub.tick()
  assert.deepEqual(await open(), ['the order to pause lb1 has stood for more than a day'])
  await lift(made, 'pause', 'lb1')
  made.hub.tick()
  made.hub.tick()
  assert.deepEqual(await open(), [])
  made.hub.close()
})

test('as metrics: since when, and whether the node follows it', async () => {
  const { made, said } = await bed()
  const id = await idOf(await give(made, { kind: 'pause', about: 'lb1' }))
  said('lb1', { orders: [taken(id)] })
  const text = await (await made.get('/metrics', tokens.viewer)).text()
  assert.match(
    text,
    /^hactl_order_since_timestamp_seconds\{kind="pause",about="lb1"\} 1700000000$/m,
  )
  assert.match(text, /^hactl_node_order_done\{node="lb1",kind="pause",about="lb1"\} 1$/m)
  made.hub.close()
})

test('a drain that would leave nobody is refused with why, unless it is forced', async () => {
  const { made, said } = await bed()
  const drain = (about: string, more = {}) => give(made, { kind: 'drain', about, ...more })
  const error = async (answer: Response) => {
    assert.equal(answer.status, 409)
    return JSON.parse(await answer.text()).error
  }
  said('lb2', { condition: 'Stalled' })
  assert.equal(
    await error(await drain('lb1')),
    'cannot drain lb1: nobody else could hold vip web: lb2 is Stalled',
  )
  said('lb2', { unfit: ['web'] })
  assert.match(await error(await drain('lb1')), /lb2 is not fit to/)
  said('lb2')
  await idOf(await drain('lb1'))
  assert.match(await error(await drain('lb2')), /lb1 is drained itself/)
  await idOf(await drain('lb2', { force: true }))
  assert.match(await error(await drain('web1')), /a peer of no vip/)
  await idOf(await drain('appsrvs/wp1'))
  assert.match(await error(await drain('appsrvs/wp2')), /wp2 is the last server of appsrvs/)
  made.clock.advance(4_000)
  await lift(made, 'drain', 'lb2')
  assert.match(await error(await drain('lb1')), /lb2 is not heard/)
  made.hub.close()
})

test('a server whose fellows are down is not drained; where nobody tells who is up the spec decides', async () => {
  const { made, report } = await bed()
  const drain = () => give(made, { kind: 'drain', about: 'appsrvs/wp1' })
  report('lb1', 'DOWN')
  assert.match(await (await drain()).text(), /no other server of appsrvs is up \(lb1\)/)
  report('lb1', 'UNKNOWN')
  assert.equal((await drain()).status, 201)
  made.hub.close()
})

test('a server is drained where it is balanced to, as each of these nodes says', async () => {
  const { made, said, heard } = await bed()
  const id = await idOf(await give(made, { kind: 'drain', about: 'appsrvs/wp1' }))
  assert.deepEqual([heard('lb1').length, heard('lb2').length], [1, 1])
  const of = { kind: 'drain', about: 'appsrvs/wp1' }
  said('lb1', { orders: [taken(id, { ...of, why: '3 sessions left' })] })
  said('lb2', { orders: [taken(id, { ...of, is: 'waits', why: 'not yet' })] })
  assert.deepEqual((await shown(made))[0].nodes, [
    { node: 'lb1', is: 'done', why: '3 sessions left' },
    { node: 'lb2', is: 'waits', why: 'not yet' },
  ])
  made.hub.close()
})
