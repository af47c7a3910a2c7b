import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameCommand } from '../../../agent/host/processes.ts'
import { afterDeath, NO_DEATHS } from '../../../agent/host/restart-policy.ts'

test('at once, then 100 ms doubling to 5 s; a life of 30 s wipes the slate', () => {
  let deaths = NO_DEATHS
  const delays = Array.from({ length: 9 }, () => {
    deaths = afterDeath(deaths, 29_999)
    return deaths.delayMs
  })
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  assert.equal(afterDeath(deaths, 30_000).delayMs, 0)
})

test('command lines of a reloaded haproxy and of nginx are still theirs', () => {
  const haproxy = ['haproxy', '-W', '-f', '/etc/haproxy/haproxy.cfg']
  const [name = '', ...rest] = haproxy
  assert.ok(sameCommand(haproxy, haproxy))
  assert.ok(sameCommand([name, '-sf', '12', '13', '-x', 'sockpair@5', ...rest], haproxy))
  assert.ok(!sameCommand([...haproxy, '-c'], haproxy))
  assert.ok(!sameCommand(haproxy.slice(0, -1), haproxy))
  const nginx = ['nginx', '-g', 'daemon off;']
  assert.ok(sameCommand(['nginx: master process nginx -g daemon off;'], nginx))
  assert.ok(!sameCommand([], []))
})
