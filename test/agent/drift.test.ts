// What the agent says when the proven spec has steps again: a boot, a dead daemon, somebody's hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundIn } from '../../agent/drift.ts'
import type { Step } from '../../agent/plan/types.ts'
import { observed, plan, step } from './plan/fixtures.ts'

const dead = (name: string): Step => ({
  ...step('reload', `daemon:${name}`),
  why: 'it does not run',
})
const edited = (name: string): Step => ({
  ...step('reload', `daemon:${name}`),
  diff: [{ path: '/etc/x', have: 'a', want: 'b' }],
})
const both = plan('lb1', 'd', [dead('haproxy'), dead('keepalived')])

test('after a boot the daemons are started, and nothing is called drift', () => {
  assert.deepEqual(foundIn(both, observed(false, false), true), {
    event: {
      kind: 'daemon',
      text: 'nothing ran when the agent started: starts haproxy, keepalived',
    },
    drift: [],
    afterStart: true,
  })
})

test('what a boot takes besides is put back with them', () => {
  const found = foundIn(
    plan('lb1', 'd', [step('quiet', 'sysctl:net.ipv4.ip_forward'), dead('haproxy')]),
    observed(false, false),
    true,
  )
  assert.equal(
    found.event.text,
    'nothing ran when the agent started: starts haproxy, puts back sysctl:net.ipv4.ip_forward',
  )
  assert.ok(found.afterStart)
})

test('a daemon that died later is named as that, and healed as the spec says', () => {
  const found = foundIn(plan('lb1', 'd', [dead('haproxy')]), observed(false, false), false)
  assert.deepEqual(found.event, { kind: 'daemon', text: 'not running: haproxy' })
  assert.deepEqual(found.drift, ['daemon:haproxy: it does not run'])
  assert.equal(found.afterStart, false)
})

test('a file that was changed is drift, also right after the start', () => {
  const changed = plan('lb1', 'd', [edited('haproxy'), dead('keepalived')])
  const found = foundIn(changed, observed(false, false), true)
  assert.equal(found.event.kind, 'drift')
  assert.equal(found.afterStart, false)
  assert.equal(foundIn(plan('lb1', 'd', [edited('haproxy')]), observed(true), true).drift.length, 1)
})
