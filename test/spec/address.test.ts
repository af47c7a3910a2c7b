// Literals: strict in, one spelling out.
import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  contains,
  HOST_PREFIX,
  isUsableAddress,
  netAddress,
  netText,
  NODE_PREFIX,
  parseAddress,
  parseNet,
  sameSubnet,
} from '../../spec/address.ts'
import type { Net } from '../../spec/cluster.ts'

const net = (text: string): Net => {
  const parsed = parseNet(text, HOST_PREFIX)
  assert.ok(parsed, text)
  return parsed
}

test('what is not a literal is refused', () => {
  const bad = ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4/33', '1.2.3.4/0']
  for (const text of [...bad, '1.2.3.4/', '1.2.3.4/08', '1.2.3.4/8/8', '::1%lo', ':::', '::/129']) {
    assert.equal(parseNet(text, HOST_PREFIX), undefined, text)
  }
})

test('IPv6 is written as RFC 5952 section 4 says', () => {
  const spellings = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ] as const
  for (const [text, normal] of spellings) assert.equal(parseAddress(text)?.address, normal)
})

test('the normal spelling is a literal of the same address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const once = parseAddress(text)
      assert.ok(once && isIPv6(once.address))
      assert.equal(
        new URL(`http://[${text}]`).hostname,
        new URL(`http://[${once.address}]`).hostname,
      )
      assert.deepEqual(parseAddress(once.address), once)
    }),
  )
})

test('prefixes default by place', () => {
  assert.equal(parseNet('192.0.2.1', NODE_PREFIX)?.prefix, 24)
  assert.equal(parseNet('2001:db8::1', NODE_PREFIX)?.prefix, 64)
  assert.equal(netText(net('192.0.2.1')), '192.0.2.1/32')
})

test('subnets', () => {
  assert.equal(netAddress(net('192.0.2.77/26')), '192.0.2.64')
  assert.equal(netAddress(net('2001:db8:1:2:3::9/48')), '2001:db8:1::')
  assert.ok(contains(net('192.0.2.1/24'), net('192.0.2.255')))
  assert.ok(!contains(net('192.0.2.1/24'), net('192.0.3.0')))
  assert.ok(!contains(net('192.0.2.1/24'), net('2001:db8::1')))
  assert.ok(sameSubnet(net('192.0.2.1/24'), net('192.0.2.2/24')))
  assert.ok(!sameSubnet(net('192.0.2.1/24'), net('192.0.2.200/30')))
})

test('loopback, unspecified and multicast are no address of a host', () => {
  for (const text of [
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.18',
    '255.255.255.255',
    '::',
    '::1',
    'ff02::1',
  ]) {
    const { address, family } = net(text)
    assert.equal(isUsableAddress(address, family), false, text)
  }
  assert.ok(isUsableAddress('192.0.2.1', 4) && isUsableAddress('2001:db8::1', 6))
})
