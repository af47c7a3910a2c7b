import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  readLinks,
  readSysctl,
  removeAddress,
  sysctlPath,
  writeSysctl,
} from '../../../agent/host/network.ts'
import type { Exec } from '../../../agent/world.ts'

const answering = (code: number, stdout: string, stderr = '') => {
  const asked: string[] = []
  const run = async (argv: readonly string[]): Promise<Exec> => {
    asked.push(argv.join(' '))
    return { code, signal: null, stdout, stderr }
  }
  return { asked, run }
}

test('keys with dots in the interface name, in both spellings', () => {
  const path = '/proc/sys/net/ipv4/conf/eth0.100/rp_filter'
  assert.equal(sysctlPath('net.ipv4.conf.eth0/100.rp_filter'), path)
  assert.equal(sysctlPath('net.ipv4.conf.eth0.100.rp_filter'), path)
  assert.equal(sysctlPath('net.ipv4.conf.all.arp_ignore'), '/proc/sys/net/ipv4/conf/all/arp_ignore')
  assert.equal(sysctlPath('net.ipv4.ip_forward'), '/proc/sys/net/ipv4/ip_forward')
})

test('no key leaves /proc/sys', () => {
  for (const key of ['', 'net..ipv4', '//.//.etc', 'net./.x', 'a b', 'net.ipv4.conf.//.x']) {
    assert.equal(sysctlPath(key), undefined, key)
  }
})

test('a key that is not there', async () => {
  assert.equal(await readSysctl('net.ipv4.hactl_none'), undefined)
  assert.match((await readSysctl('net.ipv4.ip_nonlocal_bind')) ?? '', /^[01]$/)
  await assert.rejects(writeSysctl('net.ipv4.hactl_none', '1'), /cannot set sysctl/)
})

test('an ip that fails is an error, never a host without addresses', async () => {
  await assert.rejects(readLinks(answering(1, '[]', 'broken\n').run), {
    message: 'cannot read the addresses: broken',
  })
  await assert.rejects(readLinks(answering(0, '{"a":1}').run), /unknown format/)
  await assert.rejects(readLinks(answering(0, '[{"ifna').run), /cannot read the addresses/)
})

test('an address that is already gone is removed', async () => {
  const at = { interface: 'eth0', address: '192.0.2.9', prefix: 24 }
  const gone = answering(2, '', 'RTNETLINK answers: Cannot assign requested address\n')
  await removeAddress(gone.run, at)
  assert.deepEqual(gone.asked, ['ip addr del 192.0.2.9/24 dev eth0'])
  const denied = answering(2, '', 'RTNETLINK answers: Operation not permitted\n')
  await assert.rejects(removeAddress(denied.run, at), /not permitted/)
})
