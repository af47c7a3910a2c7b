// A drained node gives its vip up while a peer can hold it; of two, and of a peer that dies, a holder is always left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DrainDeps,
  type Drained,
  drainLook,
  drainTurn,
  drainWord,
  keepsVip,
} from '../../agent/drain.ts'
import { type KeptOrder, NO_ORDERS } from '../../agent/order-book.ts'
import type { OrderSaid } from '../../spec/order.ts'
import type { Summary } from '../../spec/report.ts'
import { fakeClock } from '../fakes/clock.ts'
import { cluster, summary } from './plan/fixtures.ts'

const spec = cluster()
const vip = spec.vips[0] ?? assert.fail()
const HOLD = vip.nets.map((net) => `${vip.name}/${net.address}`)
const drainOrder = (node: string, patch: Partial<OrderSaid> = {}): OrderSaid => ({
  ...{ id: `d-${node}`, kind: 'drain', about: node, by: 'kim', reason: '', at: 1, here: false },
  ...{ is: 'waits', why: '', ...patch },
})
type Peer = Partial<Summary> | undefined

/** Whether it is given up after each look, 300 ms apart; undefined is a peer that does not answer. */
function given(peers: readonly Peer[], patch: { node?: string; force?: boolean } = {}): string {
  const { node = 'lb1', force = false } = patch
  const other = node === 'lb1' ? 'lb2' : 'lb1'
  let state: Drained | undefined
  return peers
    .map((peer, n) => {
      const answers = new Map(peer === undefined ? [] : [[other, summary(other, peer)]])
      state = drainTurn(vip, state, { node, answers, force, holds: false, nowMs: n * 300 })
      return state.given ? 'x' : '-'
    })
    .join('')
}
const times = (count: number, peer: Peer): readonly Peer[] =>
  Array.from({ length: count }, () => peer)

test('it is given up when a peer was able at two looks, and stays so while that one holds it', () => {
  assert.equal(given([{}, {}, ...times(20, { holds: HOLD })]), `-${'x'.repeat(21)}`)
})

test('no peer that answers, is in order and fit: it is kept', () => {
  const bad: readonly Peer[] = [undefined, { condition: 'Stalled' }, { unfit: [vip.name] }]
  for (const peer of bad) assert.equal(given(times(10, peer)), '-'.repeat(10))
  assert.equal(given(times(10, undefined), { force: true }), 'x'.repeat(10))
})

test('the peer dies, or never takes it: it is taken back, and not given up again at once', () => {
  const dies = [{}, {}, { holds: HOLD }, ...times(10, undefined), ...times(20, {})]
  assert.equal(given(dies), `-xxxxxxx${'-'.repeat(dies.length - 8)}`)
  const never = given(times(60, {}))
  assert.equal(never.slice(0, 12), '-xxxxxx-----')
  assert.equal(never.lastIndexOf('x-'), 46, never)
})

test('a peer that is Degraded or silent for a moment, yet holds it, does not bring it back', () => {
  const peers = [{}, {}, ...times(4, { condition: 'Degraded', holds: HOLD } as const), undefined]
  assert.equal(given([...peers, ...times(5, { holds: HOLD })]), `-${'x'.repeat(11)}`)
})

test('of two that are drained at once the first by name is, the other waits', () => {
  const orders = (node: string) => ({ orders: [drainOrder(node)] })
  assert.equal(given(times(6, orders('lb2')), { node: 'lb1' }).slice(0, 3), '-xx')
  assert.equal(given(times(6, orders('lb1')), { node: 'lb2' }), '-'.repeat(6))
})

/** A node with an order, whose peer answers this. */
function bed(order: Partial<KeptOrder>, peer: Peer, hubMayForce = true) {
  const clock = fakeClock()
  const events: string[] = []
  const unfit: string[] = []
  let said: readonly OrderSaid[] = []
  const kept: KeptOrder = {
    ...{ id: 'd', kind: 'drain', about: 'lb1', by: 'kim', reason: '', at: 1, here: false },
    ...order,
  }
  const book = { ...NO_ORDERS, orders: [kept] }
  const asked: string[] = []
  const deps: DrainDeps = {
    node: 'lb1',
    clock,
    status: {
      summary: () => ({ ...summary('lb1', { holds: HOLD }), orders: [...said] }),
      event: (_, text) => events.push(text),
      unfit: (_, vips) => unfit.splice(0, unfit.length, ...vips),
    },
    cluster: () => spec,
    orders: () => book,
    hubMayForce,
    ask: async () => {
      asked.push('')
      return new Map(peer === undefined ? [] : [['lb2', summary('lb2', peer)]])
    },
    drains: new Map(),
    tell: () => {
      said = [drainOrder('lb1', { id: kept.id })]
    },
  }
  const looks = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await drainLook(deps)
      clock.advance(300)
    }
  }
  return { deps, book, events, unfit, looks, asked }
}

test('peers are asked only when they can see the order; what is given up is told as unfit, and the end of it too', async () => {
  const { deps, book, events, unfit, looks, asked } = bed({}, {})
  assert.equal(keepsVip(deps, 'web'), undefined)
  await looks(1)
  assert.equal(asked.length, 0)
  await looks(2)
  assert.deepEqual([unfit, keepsVip(deps, 'web')], [['web'], false])
  assert.deepEqual(events, ['vip web: given up, the node is drained'])
  book.orders.pop()
  await looks(1)
  assert.deepEqual([unfit, keepsVip(deps, 'web')], [[], true])
})

test('force of a hub counts only where the hub decides what runs; of a person on the node always', async () => {
  const keeps = async (order: Partial<KeptOrder>, hubMayForce: boolean) => {
    const { deps, looks } = bed({ force: true, ...order }, undefined, hubMayForce)
    await looks(4)
    return keepsVip(deps, 'web')
  }
  assert.equal(await keeps({}, true), false)
  assert.equal(await keeps({}, false), true)
  assert.equal(await keeps({ here: true }, false), false)
})

test('done is said when the kernel holds nothing any more', () => {
  const up: Drained = { given: true, looks: 2, heldMs: 0, calmUntilMs: 0, calmMs: 1 }
  const word = (drained: Drained, holds: readonly string[], sessions = 0) =>
    drainWord(new Map([['web', drained]]), holds, sessions)
  assert.deepEqual(word(up, []), { is: 'done', why: '' })
  assert.match(word(up, [], 2).why, /2 sessions to servers are left/)
  assert.deepEqual(word(up, HOLD).is, 'waits')
  assert.match(word({ ...up, given: false }, []).why, /no peer is known to be ready to hold web/)
})
