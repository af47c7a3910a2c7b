import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes } from './machine.ts'
import { closingLine, mutantTotals, totalsOf } from './totals.ts'

const tap = (pass: number, fail: number, cancelled: number, skipped: number) =>
  `ok 1 - x\n# tests 9\n# pass ${pass}\n# fail ${fail}\n# cancelled ${cancelled}\n# skipped ${skipped}\n# todo 0\n`

test('counts come from the end of the report; a cancelled test has failed', () => {
  assert.deepEqual(totalsOf(tap(5, 2, 1, 4), false), { passed: 5, failed: 3, skipped: 4 })
})

test('silence is failure: no report, no test, or an exit that the report does not explain', () => {
  assert.equal(totalsOf('', true).failed, 1)
  assert.equal(totalsOf(tap(0, 0, 0, 0), true).failed, 1)
  assert.equal(totalsOf(tap(5, 0, 0, 0), false).failed, 1)
  assert.equal(totalsOf(tap(5, 0, 0, 0), true).failed, 0)
})

test('a mutant that lives has failed, and so has a run without its last line', () => {
  const said = (text: string) =>
    mutantTotals(`killed x\n${text}\n`, text.startsWith('mutants: 3 of 3'))
  assert.deepEqual(said('mutants: 3 of 3 die'), { passed: 3, failed: 0, skipped: 0 })
  assert.deepEqual(said('mutants: 2 of 3 die'), { passed: 2, failed: 1, skipped: 0 })
  assert.equal(said('cannot read the table').failed, 1)
  assert.equal(mutantTotals('mutants: 3 of 3 die\n', false).failed, 1)
})

test('the closing line names skipped tests only when there are some', () => {
  assert.equal(closingLine({ passed: 7, failed: 0, skipped: 0 }), '7 passed, 0 failed')
  assert.equal(closingLine({ passed: 7, failed: 1, skipped: 2 }), '7 passed, 1 failed, 2 skipped')
})

test('a machine that lost or gained something is told apart', () => {
  const left = changes(new Set(['link lo', 'mount /a']), new Set(['link lo', 'link br0']))
  assert.deepEqual(left, ['left behind: link br0', 'gone: mount /a'])
})
