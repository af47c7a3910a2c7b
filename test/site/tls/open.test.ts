// Whether a hub speaks TLS: what is asked for, else what it did, else what is safe. And by which names.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { namesOf } from '../../../site/tls/names.ts'
import { chooseTls } from '../../../site/tls/open.ts'
import { temporaryDirectory } from '../../agent/host/temporary.ts'

const OUTSIDE = ['192.0.2.1:9400']
const INSIDE = ['127.0.0.1:9400', '[::1]:9400', 'localhost:9400', 'unix:/run/hub.sock']

test('a new hub that others can reach makes a CA; one on loopback does not', async (t) => {
  const state = await temporaryDirectory(t)
  assert.equal(chooseTls(state, OUTSIDE, {}).is, 'own')
  assert.equal(chooseTls(state, [':9400'], {}).is, 'own')
  assert.equal(chooseTls(state, INSIDE, {}).is, 'plain')
  assert.equal(chooseTls(state, OUTSIDE, { tls: 'off' }).is, 'plain')
  assert.equal(chooseTls(state, INSIDE, { tls: 'auto' }).is, 'own')
})

test('a plain hub of before goes on as it is, one with a CA never falls back by itself', async (t) => {
  const state = await temporaryDirectory(t)
  writeFileSync(join(state, 'hub.db'), '')
  assert.equal(chooseTls(state, OUTSIDE, {}).is, 'plain')
  writeFileSync(join(state, 'ca.pem'), '')
  assert.equal(chooseTls(state, INSIDE, {}).is, 'own')
  assert.equal(chooseTls(state, INSIDE, { tls: 'off' }).is, 'plain')
})

test('files given are used; half a pair is refused', async (t) => {
  const state = await temporaryDirectory(t)
  const pair = { tlsCert: '/c', tlsKey: '/k' }
  assert.deepEqual(chooseTls(state, INSIDE, pair), { is: 'files', cert: '/c', key: '/k' })
  assert.throws(() => chooseTls(state, INSIDE, { tlsKey: '/k' }), /cannot speak TLS with half/)
  assert.throws(() => chooseTls(state, INSIDE, { ...pair, tls: 'off' }), /cannot use --tls off/)
})

test('names: what is listened on, for every address those of the machine, and what the operator adds', () => {
  const address = (text: string) => ({
    ...{ address: text, netmask: '', mac: '', internal: false, cidr: null },
    family: 'IPv4' as const,
  })
  const interfaces = { eth0: [address('192.0.2.9'), address('fe80::1')], lo: undefined }
  const of = { given: ['hub.example.org'], host: 'box', interfaces }
  const values = (listen: readonly string[]) => namesOf({ ...of, listen }).map((n) => n.value)
  const always = ['127.0.0.1', '::1', 'box', 'hub.example.org', 'localhost']
  assert.deepEqual(values(['unix:/x', '198.51.100.1:1']), ['198.51.100.1', ...always].sort())
  assert.deepEqual(values([':9400']), ['192.0.2.9', ...always].sort())
  assert.throws(
    () => namesOf({ ...of, listen: [], given: ['*.example.org'] }),
    /cannot name the hub/,
  )
  // A machine with a name that no certificate may hold is none the worse.
  assert.equal(namesOf({ ...of, listen: [], host: 'my_box' }).length, 4)
})
