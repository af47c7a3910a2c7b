import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contains, freeAddress, parseInet, subnetOf } from '../../../cli/lab/subnet.ts'

const inet = (text: string) => parseInet(text) ?? assert.fail(text)

test('subnets of both families, with the default size where no prefix is given', () => {
  assert.equal(subnetOf(inet('172.18.67.13')), '172.18.67.0/24')
  assert.equal(subnetOf(inet('10.1.2.3/16')), '10.1.0.0/16')
  assert.equal(subnetOf(inet('2001:db8::5')), '2001:db8:0:0:0:0:0:0/64')
  assert.ok(contains('10.1.0.0/16', inet('10.1.9.9')))
  assert.ok(!contains('10.1.0.0/16', inet('10.2.0.1')))
})

test('what is no address is refused', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4/33', '::1::', '1:2:3', 'web.example.org'])
    assert.equal(parseInet(text), undefined, text)
})

test('the highest free address, never broadcast or network, undefined when all are used', () => {
  const used = new Set([inet('192.0.2.6').value])
  assert.equal(freeAddress('192.0.2.0/29', used), '192.0.2.5')
  const all = new Set([1, 2].map((n) => inet(`192.0.2.${n}`).value))
  assert.equal(freeAddress('192.0.2.0/30', all), undefined)
})
