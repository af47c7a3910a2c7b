// Who may fence whom, and when: every condition alone is enough to fence nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, type FenceSeen, fenceArgv, mayFence } from '../../agent/fence.ts'
import type { Summary } from '../../spec/report.ts'
import { cluster, summary } from './plan/fixtures.ts'

const [web] = cluster((text) => text.replace('"peers"', '"onSplit": "fence", "peers"')).vips
assert(web?.onSplit === 'fence')
const HOLD = { holds: ['web/172.18.67.33'] }
const says = (node: string, patch: Partial<Summary> = {}): Summary =>
  summary(node, { ...HOLD, running: 'd', wanted: 'd', ...patch })
const words = (...all: readonly Summary[]) => new Map(all.map((one) => [one.node, one]))

/** lb1 has the higher priority; both hold it, and hear each other. */
const seen = (patch: Partial<FenceSeen> = {}): FenceSeen => ({
  node: 'lb1',
  mine: says('lb1'),
  answers: words(says('lb2')),
  last: words(says('lb2')),
  onWire: new Set(),
  ...patch,
})
const verdict = (patch: Partial<FenceSeen> = {}, others = ['lb2']) =>
  mayFence(web, others, seen(patch))

test('the higher priority may end the lower one that says that it holds the vip', () => {
  assert.deepEqual(verdict(), { victim: 'lb2' })
})

test('the lower never may, however the other one answers', () => {
  const lower = { node: 'lb2', mine: says('lb2') }
  for (const answers of [words(says('lb1')), words()])
    assert.deepEqual(
      verdict({ ...lower, answers, last: words(says('lb1')), onWire: new Set(['lb1']) }, ['lb1']),
      { why: 'lb1 has the higher priority' },
    )
})

test('nobody may who is not well, or does not hold it himself', () => {
  assert('why' in verdict({ mine: says('lb1', { condition: 'Degraded' }) }))
  assert('why' in verdict({ mine: says('lb1', { condition: 'Paused' }) }))
  assert('why' in verdict({ mine: says('lb1', { holds: [] }) }))
  assert('why' in verdict({}, []))
})

test('two that do not run and want the same spec might each think itself the higher one', () => {
  for (const patch of [{ running: 'e' }, { wanted: 'e' }]) {
    assert('why' in verdict({ answers: words(says('lb2', patch)) }), JSON.stringify(patch))
    assert('why' in verdict({ mine: says('lb1', patch) }), JSON.stringify(patch))
    const last = words(says('lb2', patch))
    assert('why' in verdict({ answers: words(), last, onWire: new Set(['lb2']) }))
  }
})

test('a word that it does not hold it outweighs what was known', () => {
  assert('why' in verdict({ answers: words(says('lb2', { holds: [] })), onWire: new Set(['lb2']) }))
})

test('silence needs its hardware address on the wire, and a last word', () => {
  assert('why' in verdict({ answers: words() }))
  assert.deepEqual(verdict({ answers: words(), onWire: new Set(['lb2']) }), { victim: 'lb2' })
  assert('why' in verdict({ answers: words(), onWire: new Set(['lb2']), last: words() }))
})

test('shots at one node grow further apart', () => {
  assert.deepEqual([0, 1, 2, 3, 9].map(backoffMs), [0, 600_000, 1_200_000, 2_400_000, 7_200_000])
})

test('what is put into the command stays within its word', () => {
  assert.deepEqual(
    fenceArgv(['/sbin/f', '--ip={node}-bmc', '{address} {vip}', '{other}'], {
      ...{ node: 'lb2', address: '192.0.2.2', vip: 'web' },
    }),
    ['/sbin/f', '--ip=lb2-bmc', '192.0.2.2 web', '{other}'],
  )
})
