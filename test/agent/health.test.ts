import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decidingTargets, healthFiles, healthTargets } from '../../agent/health-targets.ts'
import { type Health, nextHealth } from '../../agent/health.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'

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

test('a listener that is not proved yet, or that a trial closes, says nothing about its vip', () => {
  const text = readFileSync('spec/examples/haproxy-failover.json', 'utf8')
  const [was, next] = [text, text.replace('"port": 5000', '"port": 80')].map(
    (one) => checkSpec(one).cluster ?? assert.fail(),
  )
  assert.ok(was && next)
  const ports = (cluster: Cluster, proven: Cluster | undefined) =>
    decidingTargets(cluster, proven, 'master').map(({ url }) => new URL(url).port)
  assert.deepEqual(ports(was, was), ['5000'])
  assert.deepEqual(ports(next, was), [])
  assert.deepEqual(ports(next, undefined), [''])
  const both = { ...was, proxies: [...was.proxies, ...next.proxies] }
  assert.deepEqual(ports(both, was), ['5000'])
})

test('a vip without a proxy has a health file too: keepalived 2.3 refuses a file whose directory is missing', () => {
  const { cluster } = checkSpec(readFileSync('spec/examples/lvs-apache.json', 'utf8'))
  assert.ok(cluster !== undefined)
  assert.deepEqual(healthTargets(cluster, 'lvs1'), [])
  assert.deepEqual(healthFiles(cluster, 'lvs1'), ['/run/hactl/health/apache'])
  assert.deepEqual(healthFiles(cluster, 'web1'), [])
})
