import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  claimant,
  loneWaitMs,
  myTurn,
  rollingOrder,
  TRIAL_MS,
  type TurnInput,
} from '../../../agent/plan/turn.ts'
import { checkSpec } from '../../../spec/check.ts'
import { cluster, observed, plan, step, summary } from './fixtures.ts'

const spec = cluster()
const waitMs = spec.rollout.peerWaitMs
const held = ['web/172.18.67.33']

type Peer = Parameters<typeof summary>

const input = (
  node: string,
  holdsVip: boolean,
  peers: Peer[],
  waitedMs = 0,
  impact: Parameters<typeof step>[0] = 'reload',
  running = true,
): TurnInput => ({
  plan: plan(node, 'new', [step(impact)]),
  cluster: spec,
  observed: observed(holdsVip, running),
  peers: new Map(peers.map(([name, patch]) => [name, summary(name, patch)])),
  silent: new Map(),
  waitedMs,
  proven: '',
})
const ask = (...given: Parameters<typeof input>) => myTurn(input(...given))

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

test('the holder waits for a dead backup twice and a trial, a backup for a dead holder once', () => {
  const longMs = 2 * waitMs + TRIAL_MS
  assert.equal(ask('lb1', true, [], longMs - 1).go, false)
  assert.deepEqual(ask('lb1', true, [], longMs), { go: true })
  assert.equal(ask('lb2', false, [], waitMs - 1).go, false)
  assert.deepEqual(ask('lb2', false, [], waitMs), { go: true })
})

test('two that cannot hear each other never have the same slot, whoever holds', () => {
  for (const holds1 of [true, false]) {
    for (const holds2 of [true, false]) {
      const web = spec.vips[0]
      assert(web !== undefined)
      const apartMs =
        loneWaitMs(input('lb1', holds1, []), web) - loneWaitMs(input('lb2', holds2, []), web)
      assert(Math.abs(apartMs) >= waitMs + TRIAL_MS, `${holds1} ${holds2}: ${apartMs}`)
      if (holds1 !== holds2) assert.equal(apartMs > 0, holds1)
    }
  }
})

test('a peer that fell silent is waited for from its last answer on', () => {
  const agoMs = 50
  const silent = new Map([
    ['lb2', { said: summary('lb2', { running: 'old' }), agoMs, applying: '' }],
  ])
  assert.equal(myTurn({ ...input('lb1', true, [], 100 * waitMs), silent }).go, false)
})

test('a peer that was lost while it was trying gets the time of a trial more', () => {
  const lost = (applying: string, agoMs: number) => {
    const silent = new Map([['lb1', { said: undefined, agoMs, applying }]])
    return myTurn({ ...input('lb2', false, [], 100 * waitMs), silent }).go
  }
  assert.equal(lost('', waitMs), true)
  assert.equal(lost('any', waitMs), false)
  assert.equal(lost('any', waitMs + TRIAL_MS), true)
})

test('the last word of a silent peer counts: failed stops, proved goes on', () => {
  const said = (patch: Peer[1]) =>
    new Map([['lb2', { said: summary('lb2', patch), agoMs: 1, applying: '' }]])
  const failed = myTurn({
    ...input('lb1', true, [], 100 * waitMs),
    silent: said({ failed: 'new' }),
  })
  assert.equal(!failed.go && failed.stalled, true)
  const proved = myTurn({ ...input('lb1', true, []), silent: said({ running: 'new' }) })
  assert.deepEqual(proved, { go: true })
})

test('back to what was proved here asks nobody', () => {
  const back = { ...input('lb1', true, [['lb2', { running: 'x' }]]), proven: 'new' }
  assert.deepEqual(myTurn(back), { go: true })
  assert.equal(myTurn({ ...back, proven: 'old' }).go, false)
})

test('what is down here and once ran waits for its turn: it comes up with what was proved', () => {
  const down = input('lb1', true, [['lb2', { running: 'old' }]], 0, 'reload', false)
  assert.deepEqual(myTurn(down), { go: true })
  assert.equal(myTurn({ ...down, proven: 'old' }).go, false)
})

test('a peer of the vip that tries any spec has the claim, for no longer than any trial', () => {
  const trying = input('lb1', true, [['lb2', { applying: 'other' }]])
  assert.equal(claimant(trying), 'lb2')
  assert.equal(claimant({ ...trying, waitedMs: 600_000 }), undefined)
  assert.equal(claimant(input('lb1', true, [['lb2', {}]])), undefined)
  assert.equal(claimant({ ...trying, proven: 'new' }), undefined)
})

test('priorities alike: the name decides, both see the same order', () => {
  const [web] = spec.vips
  assert(web !== undefined)
  const even = { ...web, peers: web.peers.map((p) => ({ ...p, priority: 100 })) }
  for (const peers of [even.peers, even.peers.toReversed()]) {
    const order = rollingOrder({ ...even, peers }, spec, 'lb2', observed(false), new Map())
    assert.deepEqual(order, ['lb1', 'lb2'])
  }
})

test('who missed its slot waits for the next round', () => {
  const longMs = 2 * waitMs + TRIAL_MS
  assert.equal(ask('lb1', true, [], longMs + waitMs).go, false)
  assert.deepEqual(ask('lb1', true, [], longMs + 3 * (waitMs + TRIAL_MS)), { go: true })
})

test('what disturbs nothing, or serves nobody, needs no turn', () => {
  assert.deepEqual(ask('lb1', true, [['lb2', { running: 'old' }]], 0, 'live'), { go: true })
  assert.deepEqual(ask('lb1', true, [['lb2', { running: 'old' }]], 0, 'reload', false), {
    go: true,
  })
})

const pair = checkSpec(readFileSync('spec/examples/nginx-dual-master.json', 'utf8')).cluster
const dual = (node: string, holds: readonly string[], peer: Peer | undefined): TurnInput => {
  assert(pair !== undefined)
  const vips = pair.vips.map((v) => v.name)
  const addresses = pair.vips
    .filter((v) => holds.includes(v.name))
    .flatMap((v) => v.nets)
    .map((net) => ({ interface: 'eth0', address: net.address, prefix: 32 }))
  return {
    ...input(node, false, peer === undefined ? [] : [peer]),
    cluster: pair,
    observed: { ...observed(false), addresses },
    plan: plan(node, 'new', [{ ...step('reload', 'daemon:nginx'), vips }]),
    proven: 'old',
  }
}

test('two vips that back each other up: one of the two nodes goes first, not none and not both', () => {
  const first = dual('nginx1', ['first'], ['nginx2', { holds: ['second/x'], running: 'old' }])
  const second = dual('nginx2', ['second'], ['nginx1', { holds: ['first/x'], running: 'old' }])
  assert.deepEqual([myTurn(first).go, myTurn(second).go].toSorted(), [false, true])
})

test('two vips that back each other up, one node dead: the other has a slot for both at once', () => {
  for (const holds of [['first', 'second'], ['first'], []]) {
    const alone = dual('nginx1', holds, undefined)
    const waits = Array.from({ length: 300 }, (_, s) => ({ ...alone, waitedMs: s * 1_000 }))
    assert(waits.some((at) => myTurn(at).go))
    assert.equal(myTurn(alone).go, false)
  }
})
