// Frames of every kind of bad: the session ends with a reason, the hub goes on, nothing false is believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_BYTES_MAX } from '../../spec/limits.ts'
import { join, reportOf, SPEC, summaryOf, testHub } from './kit.ts'

const beat = (seq: number, node = 'lb1', holds: readonly string[] = [], boot = 'b1') => ({
  type: 'heartbeat',
  seq,
  summary: summaryOf(node, holds, boot),
})

/** Small seeded generator (mulberry32), so that a failing frame comes back. */
function seeded(seed: number): (max: number) => number {
  let state = seed
  return (max) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % max
  }
}

test('10,000 random frames: each session ends or ignores, none is believed, the hub answers', async () => {
  const { hub, get, clock } = testHub()
  const next = seeded(1)
  const good = [
    JSON.stringify({
      type: 'hello',
      protocol: 1,
      cluster: '',
      node: 'lb1',
      boot: 'b',
      agentVersion: '',
    }),
    JSON.stringify(beat(1)),
    JSON.stringify({ type: 'report', seq: 1, report: reportOf(summaryOf('lb1')) }),
    JSON.stringify({ type: 'events', events: [{ id: 'e', at: 1, kind: 'agent', text: 't' }] }),
  ]
  let closed = 0
  for (let n = 0; n < 10_000; n++) {
    const agent = join(hub, n % 2 === 0 ? 'lb2' : undefined)
    const text = [...(good[next(good.length)] ?? '')]
    for (let edits = 1 + next(4); edits > 0; edits--)
      text.splice(next(text.length), next(6), String.fromCharCode(next(0x250)))
    agent.session.receive(
      text.join('').slice(0, next(3) === 0 ? next(text.length) : undefined),
      next(9) === 0,
    )
    assert.ok(agent.closes.every((c) => c.code === 1008 && c.reason !== ''))
    closed += agent.closes.length
    agent.session.ended()
    if (n % 100 === 0) clock.advance(1000)
  }
  assert.ok(closed > 5_000, `only ${closed} were refused`)
  assert.equal((await get('/v1/status')).status, 200)
  hub.close()
})

test('a newer agent that says more is heard in what this hub knows', () => {
  const { hub } = testHub()
  const agent = join(hub, 'lb1')
  const { summary } = beat(1)
  agent.say({ type: 'heartbeat', seq: 1, summary: { ...summary, mood: 'good' } })
  const report = { ...reportOf(summary), findings: [], weather: { wind: 3 } }
  agent.say({ type: 'report', seq: 2, report })
  assert.deepEqual(agent.closes, [])
  hub.close()
})

const BAD: Readonly<Record<string, readonly [string, boolean?]>> = {
  'frame is not JSON': ['{"type":"heartbeat","seq":1,"summ'],
  'frame has no type': ['[]'],
  'binary frame': ['{}', true],
  'frame too large': [`"${'x'.repeat(FRAME_BYTES_MAX)}"`],
  'bad heartbeat message': [JSON.stringify({ ...beat(1), seq: '1' })],
  'bad events message': ['{"type":"events","events":[]}'],
  'not the node of the hello': [JSON.stringify(beat(1, 'lb2'))],
  'second hello': [
    '{"type":"hello","protocol":1,"cluster":"","node":"lb1","boot":"b","agentVersion":""}',
  ],
}
for (const [reason, [text, binary]] of Object.entries(BAD))
  test(`ends a session: ${reason}`, () => {
    const { hub } = testHub()
    const agent = join(hub, 'lb1')
    agent.session.receive(text, binary ?? false)
    assert.deepEqual(agent.closes, [{ code: 1008, reason }])
    hub.close()
  })

test('a heartbeat before hello, a bad node name, another cluster: refused', async () => {
  const { hub, push } = testHub()
  await push(SPEC, 0)
  const early = join(hub)
  early.say(beat(1))
  assert.equal(early.closes[0]?.reason, 'hello must come first')
  assert.equal(join(hub, '').closes[0]?.reason, 'bad node name')
  const other = join(hub)
  other.say({ type: 'hello', protocol: 1, cluster: 'x', node: 'lb1', boot: 'b', agentVersion: '' })
  assert.equal(other.closes[0]?.reason, 'this hub serves cluster wordpress')
  // It may be the same cluster under an older name: that it learns from the newest spec.
  assert.match(other.sent.join(), /"type":"wanted","revision":1/)
  hub.close()
})

test('a message of a newer protocol is ignored', () => {
  const { hub } = testHub()
  const agent = join(hub, 'lb1')
  agent.say({ type: 'stage', digest: 'd' })
  assert.deepEqual(agent.closes, [])
  hub.close()
})

test('a replayed heartbeat changes nothing', async () => {
  const { hub, push, get } = testHub()
  await push(SPEC, 0)
  const agent = join(hub, 'lb1')
  agent.say(beat(1, 'lb1', ['web/172.18.67.33']))
  agent.say(beat(2))
  agent.say(beat(1, 'lb1', ['web/172.18.67.33']))
  assert.match(await (await get('/v1/status')).text(), /"holders":\[\]/)
  hub.close()
})

test('a heartbeat of the same words is heard without being read again, and only once per number', async () => {
  const { hub, push, get, clock } = testHub()
  await push(SPEC, 0)
  const agent = join(hub, 'lb1')
  const age = async () =>
    /"node":"lb1","connected":true,"ageMs":(\d+)/.exec(await (await get('/v1/status')).text())?.[1]
  const holds = ['web/172.18.67.33']
  agent.say(beat(1, 'lb1', holds))
  clock.advance(1000)
  agent.say(beat(2, 'lb1', holds))
  assert.equal(await age(), '0')
  assert.match(await (await get('/v1/status')).text(), /"state":"held"/)
  clock.advance(500)
  agent.say(beat(2, 'lb1', holds))
  assert.equal(await age(), '500', 'a replay keeps nobody fresh')
  agent.say(beat(3))
  assert.match(await (await get('/v1/status')).text(), /"holders":\[\]/)
  agent.say({ type: 'report', seq: 4, report: reportOf(summaryOf('lb1', holds)) })
  agent.say(beat(5))
  assert.match(await (await get('/v1/status')).text(), /"holders":\[\]/)
  assert.deepEqual(agent.closes, [])
  hub.close()
})

test('a heartbeat whose number is none is refused, also after a good one of the same words', () => {
  for (const seq of ['-1', '01', '1.5', '1e3', '1 ', '"3"', '{}', '9'.repeat(20)]) {
    const { hub } = testHub()
    const agent = join(hub, 'lb1')
    const text = JSON.stringify(beat(1))
    agent.session.receive(text, false)
    agent.session.receive(text.replace('"seq":1', `"seq":${seq}`), false)
    const fine = ['1e3', '1 ', '9'.repeat(20)].includes(seq)
    assert.equal(agent.closes.length, fine ? 0 : 1, seq)
    hub.close()
  }
})

test('hello and every new revision are answered with what is wanted', async () => {
  const { hub, push } = testHub()
  const early = join(hub, 'lb1')
  await push(SPEC, 0)
  const late = join(hub, 'lb2')
  for (const { sent } of [early, late])
    assert.match(sent.join(), /^\{"type":"wanted","revision":1,"digest":"[0-9a-f]{64}"\}$/)
  hub.close()
})

test('a newer session of a node replaces the older one, whose end then hurts nobody', async () => {
  const { hub, push, get } = testHub()
  await push(SPEC, 0)
  const old = join(hub, 'lb1', 'b1')
  join(hub, 'lb1', 'b2').say(beat(1, 'lb1', [], 'b2'))
  assert.equal(old.closes[0]?.code, 4001)
  old.session.ended()
  assert.match(await (await get('/v1/status')).text(), /"node":"lb1","connected":true/)
  hub.close()
})

test('events are stored once however often they are sent, and answered each time', async () => {
  const { hub, get } = testHub()
  const agent = join(hub, 'lb1')
  const events = [{ id: 'e1', at: 1, kind: 'applied', text: 'once' }]
  agent.say({ type: 'events', events })
  agent.say({ type: 'events', events })
  assert.deepEqual(agent.sent, Array(2).fill('{"type":"stored","ids":["e1"]}'))
  assert.equal((await (await get('/v1/events')).text()).split('once').length, 2)
  hub.close()
})

test('who says no hello, or nothing, or too much, is sent away', () => {
  const { hub, clock } = testHub()
  const mute = join(hub)
  const silent = join(hub, 'lb1')
  clock.advance(5_001)
  hub.tick()
  assert.equal(mute.closes[0]?.reason, 'no hello')
  clock.advance(10_000)
  hub.tick()
  assert.equal(silent.closes[0]?.reason, 'silent')
  const loud = join(hub, 'lb2')
  for (let n = 0; n < 300; n++) loud.say(beat(n, 'lb2'))
  assert.equal(loud.closes[0]?.reason, 'too many frames')
  hub.close()
})
