import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Health, nextHealth } from '../../agent/health.ts'

const SETTINGS = { rise: 2, fall: 3 }
/** '+' an answer, '-' none; the health after each. */
const after = (from: boolean, probes: string): string => {
  let state: Health = { healthy: from, against: 0 }
  return [...probes]
    .map((probe) => {
      state = nextHealth(state, probe === '+', SETTINGS)
      return state.healthy ? 'H' : 'D'
    })
    .join('')
}

test('fall in a row make it dead, rise in a row healthy', () => {
  assert.equal(after(true, '---'), 'HHD')
  assert.equal(after(false, '++'), 'DH')
  assert.equal(after(true, '---+-++'), 'HHDDDDH')
})

test('one probe to the contrary starts the count again', () => {
  assert.equal(after(true, '--+--+--+'), 'HHHHHHHHH')
  assert.equal(after(false, '+-+-+-'), 'DDDDDD')
})

test('a steady state is the same object: nothing to write', () => {
  const state = { healthy: true, against: 0 }
  assert.equal(nextHealth(state, true, SETTINGS), state)
})
