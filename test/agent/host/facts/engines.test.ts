import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseHaproxy, parseKeepalived, parseNginx } from '../../../../agent/host/facts/engines.ts'

const recorded = (name: string): string =>
  readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8')

test('haproxy 2.6.12 as recorded', () => {
  const facts = parseHaproxy(recorded('haproxy-2.6.12.txt'))
  assert.deepEqual(facts?.version, [2, 6, 12])
  for (const has of ['OPENSSL', 'LUA', 'PROMEX', 'service:prometheus-exporter']) {
    assert.ok(facts?.features.includes(has), has)
  }
  assert.ok(!facts?.features.includes('QUIC'), 'listed as -QUIC')
})

test('old and new spellings of haproxy', () => {
  const old = 'HA-Proxy version 1.5.18 2016/05/10\n  OPTIONS = USE_OPENSSL=1 USE_PCRE= USE_LUA=no\n'
  assert.deepEqual(parseHaproxy(old), { version: [1, 5, 18], features: ['OPENSSL'] })
  const none =
    'HAProxy version 3.1-dev5-a1b2c3 2024/08/07 - https://haproxy.org/\nAvailable services : none\n'
  assert.deepEqual(parseHaproxy(none), { version: [3, 1], features: [] })
  assert.equal(parseHaproxy('bash: haproxy: command not found'), undefined)
})

test('keepalived 2.2.7 as recorded', () => {
  const facts = parseKeepalived(recorded('keepalived-2.2.7.txt'))
  assert.deepEqual(facts?.version, [2, 2, 7])
  for (const has of ['BFD', 'JSON', 'VRRP_AUTH', 'VRRP_VMAC', 'MEMFD_CREATE', 'INIT=systemd']) {
    assert.ok(facts?.features.includes(has), has)
  }
  assert.ok(
    !facts?.features.some((word) => word.startsWith('--')),
    'configure options are not features',
  )
})

test('keepalived of EL7 says Build options', () => {
  const text =
    'Keepalived v1.3.5 (03/19,2017), git commit v1.3.5-6-g6fa32f2\n\nBuild options:  PIPE2 VRRP_VMAC\n'
  assert.deepEqual(parseKeepalived(text), { version: [1, 3, 5], features: ['PIPE2', 'VRRP_VMAC'] })
  assert.equal(parseKeepalived(''), undefined)
})

test('nginx 1.22.1 as recorded', () => {
  const facts = parseNginx(recorded('nginx-1.22.1.txt'))
  assert.deepEqual(facts?.version, [1, 22, 1])
  for (const has of ['http_v2_module', 'http_stub_status_module', 'stream=dynamic', 'threads']) {
    assert.ok(facts?.features.includes(has), has)
  }
  assert.ok(!facts?.features.some((word) => word.startsWith('cc-opt')))
})
