// Connections per address: counted, bounded, given back once; a /64 is one address.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, createGate } from '../../site/gate.ts'

test('an address holds so many and no more; a place given back can be taken again', () => {
  const gate = createGate(2)
  const first = gate.enter('192.0.2.1')
  assert.ok(first !== undefined && gate.enter('192.0.2.1') !== undefined)
  assert.equal(gate.enter('192.0.2.1'), undefined)
  assert.ok(gate.enter('192.0.2.2') !== undefined)
  first()
  first()
  assert.ok(gate.enter('192.0.2.1') !== undefined)
  assert.equal(gate.enter('192.0.2.1'), undefined)
  assert.equal(gate.size(), 2)
})

test('nothing is remembered of who left, and a unix socket is not counted', () => {
  const gate = createGate(1)
  for (let n = 0; n < 1_000; n++) gate.enter(`192.0.2.${n % 250}`)?.()
  for (let n = 0; n < 10; n++) assert.ok(gate.enter('') !== undefined)
  assert.equal(gate.size(), 0)
})

test('a /64 is one host; IPv4 in IPv6 is IPv4', () => {
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:db8:1:2::99'))
  assert.notEqual(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'))
  assert.equal(addressKey('2001:db8::1'), addressKey('2001:0db8:0:0:ffff::1'))
  assert.equal(addressKey('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(addressKey('::1'), '0:0:0:0::/64')
  assert.equal(addressKey(''), '')
})
