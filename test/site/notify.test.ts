// The hub tells each event once: through heartbeats as agents send them, deaths, restarts, and a disk that is full.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { type AlertRecord, Alerts } from '../../spec/status.ts'
import { openStore, StoreError } from '../../site/store.ts'
import type { Report } from '../../spec/report.ts'
import { join, reportOf, SPEC, summaryOf, testHub } from './kit.ts'

const HOLD = ['web/172.18.67.33']
const WITH_NOTIFY = JSON.stringify({
  ...JSON.parse(SPEC),
  notify: { webhooks: { ops: { url: 'https://hooks.example.org/x' } } },
  hub: { url: 'http://192.0.2.9:9400' },
})

type Said = Partial<Report['summary']>

/** A hub and the two balancers; `live` is seconds of heartbeats, every fourth of a second a tick. */
async function cluster(spec = WITH_NOTIFY, given: Parameters<typeof testHub>[0] = {}) {
  const kit = testHub(given)
  const { hub, clock, courier, push, store } = kit
  if (store.newest() === undefined) assert.equal((await push(spec, 0)).status, 201)
  const agents = new Map<string, ReturnType<typeof join>>()
  let seq = 0
  const live = (
    seconds: number,
    who: Readonly<Record<string, readonly string[]>>,
    said: Said = {},
  ) => {
    for (let quarter = 0; quarter < seconds * 4; quarter++) {
      clock.advance(250)
      for (const [node, holds] of Object.entries(who)) {
        if (quarter % 4 !== 0) continue
        const old = agents.get(node)
        // The hub ends sessions that are silent; agents come again.
        const agent = old === undefined || old.closes.length > 0 ? join(hub, node) : old
        agents.set(node, agent)
        const summary = { ...summaryOf(node, holds), ...said }
        agent.say({ type: 'report', seq: ++seq, report: reportOf(summary) })
      }
      hub.tick()
    }
  }
  const titles = () => courier.sent.splice(0).map(({ notice }) => notice.title)
  return { ...kit, live, titles }
}

test('killing the master is one message, with the gap and a link', async () => {
  const { live, courier, hub } = await cluster()
  live(6, { lb1: HOLD, lb2: [] })
  live(6, { lb2: HOLD })
  assert.deepEqual(
    courier.sent.map(({ notice, sender }) => [notice.title, sender]),
    [
      [
        'vip web (172.18.67.33) moved from lb1 to lb2',
        { cluster: 'wordpress', by: 'hub', because: '', hubUrl: 'http://192.0.2.9:9400' },
      ],
    ],
  )
  assert.equal(courier.sent[0]?.notice.gapMs, 1_000)
  hub.close()
})

test('then its silence is one more, and its return too', async () => {
  const { live, titles, hub } = await cluster()
  live(6, { lb1: HOLD, lb2: [] })
  live(60, { lb2: HOLD })
  assert.deepEqual(titles(), [
    'vip web (172.18.67.33) moved from lb1 to lb2',
    'node lb1 is not heard',
  ])
  live(6, { lb1: HOLD, lb2: [] })
  assert.deepEqual(titles(), [
    'vip web (172.18.67.33) moved from lb2 to lb1',
    'node lb1 is heard again, after 58 s',
  ])
  hub.close()
})

test('a partition: both are heard, both hold; one message, and one at its end', async () => {
  const { live, titles, hub } = await cluster()
  live(6, { lb1: HOLD, lb2: [] })
  live(20, { lb1: HOLD, lb2: HOLD })
  assert.deepEqual(titles(), [
    'split brain on vip web (172.18.67.33): lb1 and lb2 hold the same address',
  ])
  live(6, { lb1: HOLD, lb2: [] })
  assert.deepEqual(titles(), ['split brain on vip web is over, after 19 s'])
  hub.close()
})

test('nobody holds it', async () => {
  const { live, titles, hub } = await cluster()
  live(6, { lb1: HOLD, lb2: [] })
  live(10, { lb1: [], lb2: [] })
  assert.deepEqual(titles(), ['nobody holds vip web (172.18.67.33)'])
  hub.close()
})

test('a spec that a node refuses is told with the reason', async () => {
  const { live, courier, hub } = await cluster()
  const failed = 'f'.repeat(64)
  live(6, { lb1: HOLD }, { condition: 'Stalled', failed, reason: 'no such certificate' })
  assert.deepEqual(
    courier.sent.map(({ notice }) => [notice.title, notice.details[0]]),
    [['node lb1 does not take the spec ffffffffffff', 'reason: no such certificate']],
  )
  hub.close()
})

test('a restart of the hub tells nothing again, accuses nobody, and closes what was open', async () => {
  const store = openStore(':memory:')
  const first = await cluster(WITH_NOTIFY, { store })
  first.live(6, { lb1: HOLD, lb2: [] })
  first.live(30, { lb2: HOLD })
  assert.equal(first.titles().length, 2)
  first.hub.close()
  const { clock } = first
  clock.advance(60_000)

  const second = await cluster(WITH_NOTIFY, { store, clock })
  // Agents need up to 10 s to find their hub again.
  second.live(9, {})
  second.live(10, { lb2: HOLD })
  assert.deepEqual(second.titles(), [])
  second.live(6, { lb1: HOLD, lb2: [] })
  assert.deepEqual(second.titles(), [
    'vip web (172.18.67.33) moved from lb2 to lb1',
    'node lb1 is heard again, after 1 min 47 s',
  ])
  second.hub.close()
})

test('a move while the hub was down is told after its restart', async () => {
  const store = openStore(':memory:')
  const first = await cluster(WITH_NOTIFY, { store })
  first.live(6, { lb1: HOLD, lb2: [] })
  first.hub.close()
  const second = await cluster(WITH_NOTIFY, { store, clock: first.clock })
  second.live(8, { lb1: [], lb2: HOLD })
  assert.deepEqual(second.titles(), ['vip web (172.18.67.33) moved from lb1 to lb2'])
  second.hub.close()
})

test('without the section nobody is told, and what began before it came is not told late', async () => {
  const { live, titles, push, hub } = await cluster(SPEC)
  live(6, { lb1: HOLD, lb2: [] })
  live(6, { lb2: HOLD })
  assert.deepEqual(titles(), [])
  assert.equal((await push(WITH_NOTIFY, 1)).status, 201)
  live(6, { lb2: HOLD })
  assert.deepEqual(titles(), [])
  live(6, { lb1: HOLD, lb2: [] })
  assert.deepEqual(titles(), ['vip web (172.18.67.33) moved from lb2 to lb1'])
  hub.close()
})

test('a full disk does not keep the message, and does not repeat it', async () => {
  const store = openStore(':memory:')
  const saveTold = () => {
    throw new StoreError('store', new Error('database or disk is full'))
  }
  const { live, titles, hub } = await cluster(WITH_NOTIFY, { store: { ...store, saveTold } })
  live(6, { lb1: HOLD, lb2: [] })
  live(9, { lb2: HOLD })
  assert.deepEqual(titles(), [
    'the hub cannot write: cannot store: database or disk is full',
    'vip web (172.18.67.33) moved from lb1 to lb2',
  ])
  hub.close()
})

test('what became of a message is an event', async () => {
  const { live, courier, get, hub } = await cluster()
  live(6, { lb1: HOLD, lb2: [] })
  live(6, { lb2: HOLD })
  courier.sent[0]?.told({ way: 'mail', ok: false, again: true, text: 'relay: ECONNREFUSED' })
  const text = await (await get('/v1/events?limit=1')).text()
  assert.match(text, /"kind":"notify"/)
  assert.match(text, /cannot tell yet by mail: .*moved from lb1 to lb2.*ECONNREFUSED/)
  hub.close()
})

/** What GET /v1/alerts says, without single points. */
async function alertsOf(get: ReturnType<typeof testHub>['get'], query = '') {
  const said: unknown = await (await get(`/v1/alerts${query}`)).json()
  assert.ok(Value.Check(Alerts, said))
  const real = (list: readonly AlertRecord[]) => list.filter((one) => !one.key.startsWith('single'))
  return { open: real(said.open), closed: real(said.closed) }
}

test('an alert begins once, ends once, and is kept with its times; notify need not be set up', async () => {
  const { live, hub, get, courier } = await cluster(SPEC)
  live(6, { lb1: HOLD, lb2: [] })
  assert.deepEqual((await alertsOf(get)).open, [])
  live(6, { lb1: HOLD, lb2: HOLD })
  const { open } = await alertsOf(get)
  assert.deepEqual(
    open.map(({ key, closed }) => [key, closed]),
    [['split-brain:web', null]],
  )
  live(4, { lb1: HOLD, lb2: [] })
  const after = await alertsOf(get)
  assert.deepEqual(after.open, [])
  const [one] = after.closed
  assert.equal(one?.key, 'split-brain:web')
  assert.equal(one.since, open[0]?.since)
  assert.ok((one.closed ?? 0) > one.since)
  const events = await (await get('/v1/events')).text()
  assert.equal(events.split('"kind":"alert"').length, 3, 'its beginning and its end')
  assert.deepEqual(courier.sent, [])
  hub.close()
})

test('a restart of the hub tells no open alert again, closes none by its own silence, and loses no time of it', async () => {
  const store = openStore(':memory:')
  const first = await cluster(WITH_NOTIFY, { store })
  first.live(6, { lb1: HOLD, lb2: [] })
  first.live(6, { lb1: HOLD, lb2: HOLD })
  const before = await alertsOf(first.get)
  assert.equal(first.courier.sent.length, 1)
  first.hub.close()
  const second = await cluster(WITH_NOTIFY, { store, clock: first.clock })
  assert.deepEqual(
    (await alertsOf(second.get)).open.map(({ since }) => since),
    [before.open[0]?.since],
  )
  second.live(20, { lb1: HOLD, lb2: HOLD })
  const now = await alertsOf(second.get)
  assert.deepEqual([now.open.length, now.closed.length], [1, 0])
  assert.deepEqual(second.courier.sent, [])
  second.live(4, { lb1: HOLD, lb2: [] })
  assert.equal((await alertsOf(second.get)).closed.length, 1)
  second.hub.close()
})

test('a hub that starts into a well cluster accuses nobody', async () => {
  const store = openStore(':memory:')
  const first = await cluster(WITH_NOTIFY, { store })
  first.live(10, { lb1: HOLD, lb2: [] })
  first.hub.close()
  const second = await cluster(WITH_NOTIFY, { store, clock: first.clock })
  // Nobody has come back yet, then everybody.
  second.live(9, {})
  assert.deepEqual((await alertsOf(second.get)).open, [])
  second.live(20, { lb1: HOLD, lb2: [] })
  assert.deepEqual(await alertsOf(second.get), { open: [], closed: [] })
  second.hub.close()
})

test('alerts begin and end on a disk that is full, and are stored when it is not', async () => {
  const store = openStore(':memory:')
  let full = false
  const saveTold: typeof store.saveTold = (...all) => {
    if (full) throw new StoreError('store what was told', new Error('disk full'))
    store.saveTold(...all)
  }
  const { live, hub, get } = await cluster(WITH_NOTIFY, { store: { ...store, saveTold } })
  const keys = async () => {
    const { open, closed } = await alertsOf(get)
    return [open.map(({ key }) => key), closed.map(({ key }) => key)]
  }
  live(6, { lb1: HOLD, lb2: [] })
  full = true
  live(6, { lb1: HOLD, lb2: HOLD })
  assert.deepEqual(await keys(), [['split-brain:web', 'store:hub'], []])
  live(4, { lb1: HOLD, lb2: [] })
  assert.deepEqual(await keys(), [['store:hub'], []])
  full = false
  live(8, { lb1: HOLD, lb2: [] })
  assert.deepEqual(await keys(), [[], ['store:hub', 'split-brain:web']])
  hub.close()
})

test('a stream says each alert as it begins and ends', async () => {
  const { live, hub, get } = await cluster(SPEC)
  live(6, { lb1: HOLD, lb2: [] })
  const body = (await get('/v1/stream')).body?.getReader()
  live(4, { lb1: HOLD, lb2: HOLD })
  live(4, { lb1: HOLD, lb2: [] })
  hub.close()
  let text = ''
  for (let part = await body?.read(); part?.done === false; part = await body?.read())
    text += new TextDecoder().decode(part.value)
  assert.equal(text.split('event: alert\ndata: {').length, 3)
})
