// Who holds a vip: on a clock that only moves when told, with words that cross, go stale, or never come.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet } from '../../site/fleet.ts'
import { clusterOf, reportOf, SPEC, summaryOf, testClock } from './kit.ts'

const HOLD = ['web/172.18.67.33']

function cluster(holders: ReadonlyMap<string, string> = new Map(), known: readonly string[] = []) {
  const clock = testClock()
  const reports = new Map(known.map((node) => [node, reportOf(summaryOf(node, HOLD))]))
  const fleet = createFleet(clock, reports, holders)
  fleet.setWanted({ revision: 1, digest: 'd', cluster: clusterOf(SPEC) })
  fleet.join('lb1', 'b1')
  fleet.join('lb2', 'b1')
  const beat = (node: string, holds: readonly string[] = []) =>
    fleet.heartbeat(node, summaryOf(node, holds))
  const state = () => fleet.status().vips[0]
  const alerts = () => fleet.status().alerts.map((a) => a.id)
  const texts = () => fleet.transitions().map((t) => t.text)
  /** Seconds of ordinary heartbeats. */
  const live = (seconds: number, lb1: readonly string[], lb2: readonly string[]) => {
    for (let n = 0; n < seconds; n++) {
      clock.advance(1000)
      beat('lb1', lb1)
      beat('lb2', lb2)
      fleet.transitions()
    }
  }
  return { clock, fleet, beat, state, alerts, texts, live }
}

test('one fresh claim holds, with its age', () => {
  const c = cluster()
  c.beat('lb1', HOLD)
  c.clock.advance(1200)
  assert.deepEqual(c.state()?.holders, [{ node: 'lb1', ageMs: 1200 }])
  assert.equal(c.state()?.state, 'held')
})

test('a claim decays to unknown when its node is not heard for more than three heartbeats', () => {
  const c = cluster()
  c.beat('lb1', HOLD)
  c.clock.advance(3000)
  assert.equal(c.state()?.state, 'held')
  c.clock.advance(1)
  assert.equal(c.state()?.state, 'unknown')
  assert.deepEqual(c.state()?.holders, [])
  assert.deepEqual(c.state()?.lastKnown, [{ node: 'lb1', ageMs: 3001 }])
  assert.equal(c.fleet.status().nodes[0]?.condition, 'Unknown')
})

test('a hub restart accuses nobody before its grace is over, then says none', () => {
  const c = cluster()
  c.beat('lb1')
  c.beat('lb2')
  assert.equal(c.state()?.state, 'unknown')
  assert.deepEqual(c.alerts(), [])
  c.live(3, [], [])
  assert.equal(c.state()?.state, 'unknown')
  c.live(1, [], [])
  assert.equal(c.state()?.state, 'none')
  assert.deepEqual(c.alerts(), ['vip:web'])
})

test('reports from before a restart are history: no holder, no stale alert within the grace', () => {
  const c = cluster(new Map([['web', 'lb1']]), ['lb1'])
  assert.equal(c.state()?.state, 'unknown')
  assert.deepEqual(c.alerts(), [])
  assert.equal(c.fleet.status().nodes[0]?.ageMs, null)
  c.clock.advance(3001)
  assert.deepEqual(c.alerts(), ['vip:web', 'node:lb1'])
})

test('none needs every peer heard: a silent one may hold it', () => {
  const c = cluster()
  for (let n = 0; n < 6; n++) {
    c.clock.advance(1000)
    c.beat('lb2')
  }
  assert.equal(c.state()?.state, 'unknown')
})

test('words that cross in a move are no split brain; claims said again are', () => {
  const c = cluster()
  c.live(5, HOLD, [])
  c.clock.advance(300)
  c.beat('lb2', HOLD)
  assert.equal(c.state()?.state, 'held')
  assert.deepEqual(
    c.state()?.holders.map((h) => h.node),
    ['lb2'],
  )
  c.clock.advance(400)
  c.beat('lb1', HOLD)
  assert.equal(c.state()?.state, 'held')
  c.clock.advance(1000)
  c.beat('lb1', HOLD)
  assert.equal(c.state()?.state, 'split')
  assert.ok(c.alerts().includes('vip:web'))
})

test('a move is one event with the gap between the last and the first claim', () => {
  const c = cluster()
  c.live(5, HOLD, [])
  c.clock.advance(420)
  c.beat('lb2', HOLD)
  assert.deepEqual(c.texts(), ['vip web: moved from lb1 to lb2; no claim was heard for 0.42 s'])
  assert.deepEqual(c.texts(), [])
})

test('a move while the hub was down is seen after its restart', () => {
  const c = cluster(new Map([['web', 'lb1']]))
  c.beat('lb2', HOLD)
  assert.deepEqual(c.texts(), ['vip web: moved from lb1 to lb2'])
})

test('a release is quiet until every peer has said again that it does not hold', () => {
  const c = cluster()
  c.live(5, HOLD, [])
  c.clock.advance(100)
  c.beat('lb1')
  assert.equal(c.state()?.state, 'unknown')
  c.live(1, [], [])
  assert.equal(c.state()?.state, 'none')
  assert.deepEqual(
    c.fleet.status().alerts.map((a) => a.text),
    ['vip web (172.18.67.33): NOBODY holds it'],
  )
})

test('agents that the spec does not know stand apart', () => {
  const c = cluster()
  c.fleet.join('ghost', 'b')
  c.beat('ghost', HOLD)
  const { nodes, strangers } = c.fleet.status()
  assert.deepEqual(
    nodes.map((n) => n.node),
    ['lb1', 'lb2', 'web1', 'web2'],
  )
  assert.deepEqual(
    strangers.map((n) => n.node),
    ['ghost'],
  )
})
