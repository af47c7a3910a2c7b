import assert from 'node:assert/strict'
import { test } from 'node:test'
import { myTurn } from '../../../agent/plan/turn.ts'
import { cluster, observed, plan, step, summary } from './fixtures.ts'

const spec = cluster()
const waitMs = spec.rollout.peerWaitMs
const held = ['web/172.18.67.33']

const ask = (
  node: string,
  holdsVip: boolean,
  peers: Parameters<typeof summary>[],
  waitedMs = 0,
  impact: Parameters<typeof step>[0] = 'reload',
  running = true,
) =>
  myTurn({
    plan: plan(node, 'new', [step(impact)]),
    cluster: spec,
    observed: observed(holdsVip, running),
    peers: new Map(peers.map(([name, patch]) => [name, summary(name, patch)])),
    waitedMs,
  })

test('the backup goes first, without waiting for the holder', () => {
  assert.deepEqual(ask('lb2', false, [['lb1', { holds: held, running: 'old' }]]), { go: true })
})

test('the holder waits until the backup proved the new spec', () => {
  const turn = ask('lb1', true, [['lb2', { running: 'old' }]])
  assert.equal(turn.go, false)
  assert.equal(!turn.go && turn.stalled, false)
  assert.deepEqual(ask('lb1', true, [['lb2', { running: 'new' }]]), { go: true })
})

test('whoever holds the vip is last, also when its priority is the lowest', () => {
  assert.equal(ask('lb2', true, [['lb1', { running: 'old' }]]).go, false)
  assert.deepEqual(ask('lb1', false, [['lb2', { holds: held, running: 'old' }]]), { go: true })
})

test('a spec that failed on the backup never reaches the holder, however long it waits', () => {
  const turn = ask('lb1', true, [['lb2', { failed: 'new', reason: 'refused' }]], 100 * waitMs)
  assert.equal(turn.go, false)
  assert.equal(!turn.go && turn.stalled, true)
  assert.match(!turn.go ? turn.why : '', /lb2 could not run this spec: refused/)
})

test('a dead backup is waited for no longer than peerWaitMs', () => {
  assert.equal(ask('lb1', true, [], waitMs - 1).go, false)
  assert.deepEqual(ask('lb1', true, [], waitMs), { go: true })
})

test('what disturbs nothing, or serves nobody, needs no turn', () => {
  assert.deepEqual(ask('lb1', true, [['lb2', { running: 'old' }]], 0, 'live'), { go: true })
  assert.deepEqual(ask('lb1', true, [['lb2', { running: 'old' }]], 0, 'reload', false), {
    go: true,
  })
})
