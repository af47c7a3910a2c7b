import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HUB, isWorse, judge, type Witness } from '../../../agent/outside/judge.ts'
import { probesOf } from '../../../spec/verify.ts'
import { cluster } from '../plan/fixtures.ts'

const [probe] = probesOf(cluster())
assert(probe !== undefined)
const { key } = probe

/** Answers to the one question before and after; undefined: did not ask. */
const witness = (
  name: string,
  before: number | undefined,
  after: number | undefined,
  path = true,
): Witness => ({
  name,
  path,
  before: new Map(before === undefined ? [] : [[key, before]]),
  after: new Map(after === undefined ? [] : [[key, after]]),
})
const verdict = (...all: readonly Witness[]) => judge(all, [probe], 'same').verdict

test('worse is: no answer where one was, or a worse class of status; never the other way', () => {
  const same: readonly (readonly [number, number, boolean])[] = [
    [2, 0, true],
    [1, 0, true],
    [5, 0, true],
    [2, 4, true],
    [3, 5, true],
    [4, 5, true],
    [2, 3, false],
    [3, 2, false],
    [5, 5, false],
    [5, 2, false],
    [0, 0, false],
    [0, 5, false],
  ]
  for (const [before, after, worse] of same)
    assert.equal(isWorse(before, after, 'same'), worse, `${before} to ${after}`)
  assert.equal(isWorse(2, 5, 'any'), false)
  assert.equal(isWorse(2, 0, 'any'), true)
})

test('a peer that got an answer before and gets none now fails the change, with or without the hub', () => {
  assert.equal(verdict(witness('lb2', 2, 0)), 'failed')
  const both = judge([witness('lb2', 2, 0), witness(HUB, 2, 0)], [probe], 'same')
  assert.deepEqual(both.by, ['lb2', 'the hub'])
  assert.match(both.why, /^http:\/\/172\.18\.67\.33:80\/ gave 2xx before and gives no answer now$/)
  assert.equal(verdict(witness('lb2', 2, 0), witness(HUB, undefined, undefined)), 'failed')
})

test('whoever gets an answer outweighs everyone who gets none', () => {
  assert.equal(verdict(witness('lb2', 2, 0), witness('lb3', 2, 2)), 'ok')
  assert.equal(verdict(witness('lb2', 2, 0), witness(HUB, 2, 2)), 'ok')
})

test('the hub alone decides nothing, and that is said', () => {
  const found = judge([witness(HUB, 2, 0)], [probe], 'same')
  assert.equal(found.verdict, 'unknown')
  assert.match(found.why, /only the hub gets no answer/)
})

test('silence of an asker is no verdict: not asked, not before, or its own way is broken', () => {
  assert.equal(verdict(), 'unknown')
  assert.equal(verdict(witness('lb2', 2, undefined)), 'unknown')
  assert.equal(verdict(witness('lb2', undefined, 0)), 'unknown')
  assert.equal(verdict(witness('lb2', 2, 0, false)), 'unknown')
})

test('what was dead before the change cannot fail it; new and silent is said', () => {
  const found = judge([witness('lb2', 0, 0)], [probe], 'same')
  assert.equal(found.verdict, 'unknown')
  assert.match(found.why, /nothing answers at http:\/\/172\.18\.67\.33:80\/, nor did before/)
  assert.equal(verdict(witness('lb2', 5, 5)), 'ok')
})
