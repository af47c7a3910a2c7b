import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseLinks } from '../../../../agent/host/facts/addresses.ts'
import { parseListeners } from '../../../../agent/host/facts/listeners.ts'
import { parseStat } from '../../../../agent/host/facts/proc-stat.ts'
import { parseFilesMax } from '../../../../agent/host/facts/process-limits.ts'
import { parseUsers } from '../../../../agent/host/facts/users.ts'

test('ip -j addr: carrier makes up, addresses that do not serve yet are left out', () => {
  const text = readFileSync(new URL('recorded/ip-addr.json', import.meta.url), 'utf8')
  assert.deepEqual(parseLinks(text), {
    interfaces: [
      { name: 'lo', up: true },
      { name: 'eth0', up: true },
      { name: 'eth1', up: false },
    ],
    addresses: [
      { interface: 'lo', address: '127.0.0.1', prefix: 8 },
      { interface: 'lo', address: '::1', prefix: 128 },
      { interface: 'eth0', address: '192.0.2.2', prefix: 24 },
      { interface: 'eth0', address: '2001:db8::80', prefix: 64 },
    ],
  })
  assert.throws(() => parseLinks('[{"ifname":1}]'), /unknown format/)
})

test('listening sockets only, in network order', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1061 1 0 100 0
   1: 0100007F:0050 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1062 1 0 100 0
   2: 0000000000000000FFFF00000100007F:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 1063 1 0
   3: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 1064 1 0
`
  assert.deepEqual(parseListeners(text), [
    { address: '7f000001', port: 80, inode: '1061' },
    { address: '7f000001', port: 443, inode: '1063' },
    { address: '20010db8000000000000000000000001', port: 443, inode: '1064' },
  ])
})

test('a process whose name tries to look like its state', () => {
  const rest = '1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 0 0'
  const wanted = { state: 'Z', parent: 1, group: 7, startTime: 4242 }
  assert.deepEqual(parseStat(`7 (a) R 9 (b) Z ${rest}\n`), wanted)
  assert.equal(parseStat(''), undefined)
})

test('open files: hard limit, unlimited, unknown', () => {
  assert.equal(
    parseFilesMax('Max open files            1024                 20000                files\n'),
    20000,
  )
  assert.equal(
    parseFilesMax('Max open files            1024                 unlimited            files\n'),
    1048576,
  )
  assert.equal(parseFilesMax(''), 1024)
})

test('users outside of the mapped range cannot be used', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nhaproxy:x:106:112::/:/bin/false\n\nbroken:x::\n'
  assert.deepEqual(parseUsers(passwd, '         0          0 4294967295\n'), ['root', 'haproxy'])
  assert.deepEqual(parseUsers(passwd, '0 1000 1\n'), ['root'])
  assert.deepEqual(parseUsers(passwd, '0 1000 1\n1 100000 65536\n'), ['root', 'haproxy'])
})
