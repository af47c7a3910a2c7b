// Lanes of who held what: read back from the hub's own words, honest about what is not known, stable between minutes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMoves } from '../../../site/moves.ts'
import { laneSection, piecesOf } from '../../../site/page/lanes.ts'
import { textOf } from '../../../site/page/part.ts'
import { transitionText, wordsOf } from '../../../site/transition.ts'
import type { ClusterStatus, VipStatus } from '../../../spec/status.ts'

const HOUR = 3_600_000
const NOW = 1_700_000_000_000 - (1_700_000_000_000 % 60_000)
const vip = (state: VipStatus['state'] = 'held', lastAgeMs?: number): VipStatus => ({
  ...{ vip: 'web', addresses: ['10.0.0.1'], state, holders: [] },
  lastKnown: lastAgeMs === undefined ? [] : [{ node: 'lb1', ageMs: lastAgeMs }],
})
const statusAt = (now: number, one: VipStatus): ClusterStatus => ({
  ...{ now, hubStartedAt: 0, revision: 1, digest: '', cluster: 'shop', nodes: [], strangers: [] },
  ...{ vips: [one], alerts: [] },
})

test('every word that the hub writes of a holder is read back', () => {
  for (const [from, to, gap] of [
    [undefined, 'lb1', 0],
    ['lb1', 'lb2', 1_230],
    ['lb1', 'lb2 and lb3', 0],
    ['lb1', 'nobody', 0],
    ['lb1', 'split: lb1 and lb2', 0],
    ['split: lb1 and lb2', 'lb2', 0],
  ] as const)
    assert.deepEqual(wordsOf(transitionText('web', from, to, gap)), { vip: 'web', words: to })
  assert.equal(wordsOf('revision 3 was pushed'), undefined)
})

test('pieces follow each other without a gap; what was before the first word is not known', () => {
  const moves = createMoves([
    { at: NOW - 2 * HOUR, text: transitionText('web', undefined, 'lb1', 0) },
  ])
  moves.add(NOW - HOUR, transitionText('web', 'lb1', 'nobody', 0))
  moves.add(NOW - HOUR + 500, transitionText('web', 'nobody', 'lb2', 500))
  moves.add(NOW - HOUR, transitionText('other', undefined, 'lb9', 0))
  const start = NOW - 24 * HOUR
  const pieces = piecesOf(vip(), moves.list(), start, NOW)
  assert.deepEqual(
    pieces.map(({ words, from, to }) => [words, (to - from) / HOUR]),
    [
      ['', 22],
      ['lb1', 1],
      ['nobody', 500 / HOUR],
      ['lb2', 1 - 500 / HOUR],
    ],
  )
  assert.deepEqual(
    piecesOf(vip(), moves.list(), NOW - HOUR / 2, NOW).map(({ words }) => words),
    ['lb2'],
  )
})

test('a vip that is not heard of any more is not known from its last word on', () => {
  const moves = createMoves([
    { at: NOW - 30 * HOUR, text: transitionText('web', undefined, 'lb1', 0) },
  ])
  const pieces = piecesOf(vip('unknown', 2 * HOUR), moves.list(), NOW - 24 * HOUR, NOW)
  assert.deepEqual(
    pieces.map(({ words, to, from }) => [words, (to - from) / HOUR]),
    [
      ['lb1', 22],
      ['', 2],
    ],
  )
})

test('an outage of half a second is seen, named, and the picture is the same for a minute', () => {
  const moves = createMoves([
    { at: NOW - HOUR, text: transitionText('web', 'nobody', 'lb2', 500) },
    { at: NOW - HOUR - 500, text: transitionText('web', 'lb1', 'nobody', 0) },
    { at: NOW - 30 * HOUR, text: transitionText('web', undefined, 'lb1', 0) },
  ])
  const drawn = (now: number) => textOf(laneSection(statusAt(now, vip()), moves.list()))
  const text = drawn(NOW)
  assert.match(
    text,
    /<g class="none"><title>nobody from .*, for 0 s<\/title><rect [^>]*width="4.0"/,
  )
  assert.match(text, /lb2 from .* until now/)
  assert.equal(drawn(NOW - 1_000), text)
  assert.notEqual(drawn(NOW + 61_000), text)
})

test('without a change in the day there is nothing to draw', () => {
  const moves = createMoves([
    { at: NOW - 30 * HOUR, text: transitionText('web', undefined, 'lb1', 0) },
  ])
  assert.equal(
    textOf(laneSection(statusAt(NOW, vip()), moves.list())),
    '<section id="lanes"></section>',
  )
})
