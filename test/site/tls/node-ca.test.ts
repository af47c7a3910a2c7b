// What the hub tells a node of its peers' certificates: who shows one, which are revoked, and what a start or an older agent does to that.
import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { LIVE_PER_NODE_MAX, openIssued } from '../../../site/tls/issued.ts'
import { createNodeCa, SILENT_MS } from '../../../site/tls/node-ca.ts'
import { temporaryDirectory } from '../../agent/host/temporary.ts'
import { clusterOf, SPEC, testClock } from '../kit.ts'
import { DAY_MS } from './kit.ts'

const cluster = clusterOf(SPEC)

async function bench(t: Parameters<typeof temporaryDirectory>[0]) {
  const state = await temporaryDirectory(t)
  const clock = testClock()
  let count = 0
  /** Signs whatever it is given: what it signs is tried in authority.test.ts. */
  const authority = {
    certificate: 'ca',
    fingerprint: 'f',
    forHub: async () => assert.fail('not asked for'),
    forNode: async (node: string) => {
      const serial = `${(++count).toString(16).padStart(4, '0').toUpperCase()}`
      return { cert: `${node} ${serial}`, serial, notAfter: clock.now() + 365 * DAY_MS }
    },
  }
  const open = () => createNodeCa(authority, openIssued(state, clock.now), clock)
  const serialOf = async (ca: ReturnType<typeof open>, node: string) =>
    (await ca.certify(node, 'request'))?.split(' ')[1] ?? ''
  const word = (ca: ReturnType<typeof open>, serial = '', speaks = true) =>
    ca.word({ node: 'lb1', serial, cluster, speaks: () => speaks })
  return { state, clock, open, serialOf, word }
}

test('a peer with a certificate is said to have one; a stranger to its vips is not', async (t) => {
  const { state, open, serialOf, word } = await bench(t)
  const ca = open()
  const own = await serialOf(ca, 'lb1')
  assert.deepEqual(word(ca, own), { known: true, certified: [], revoked: [] })
  await serialOf(ca, 'lb2')
  await serialOf(ca, 'web9')
  assert.deepEqual(word(ca, own).certified, ['lb2'])
  assert.equal(word(ca, 'ABCD').known, false)
  assert.equal(statSync(`${state}/issued.json`).mode & 0o777, 0o600)
  // After a restart it is as it was.
  assert.deepEqual(word(open(), own), { known: true, certified: ['lb2'], revoked: [] })
})

test('an agent that went back to a version without certificates is asked by the token again; one that is away is not', async (t) => {
  const { clock, open, serialOf, word } = await bench(t)
  const ca = open()
  await serialOf(ca, 'lb2')
  clock.advance(SILENT_MS)
  assert.deepEqual(word(ca).certified, ['lb2'])
  clock.advance(1)
  assert.deepEqual(word(ca, '', false).certified, ['lb2'])
  assert.deepEqual(word(ca, '', true).certified, [])
})

test('revoked: all that a node has, also after a restart, until they are over; the next one is good', async (t) => {
  const { clock, open, serialOf, word } = await bench(t)
  const ca = open()
  const old = [await serialOf(ca, 'lb2'), await serialOf(ca, 'lb2')]
  ca.revokeNode('lb2')
  assert.deepEqual(word(ca), { known: false, certified: [], revoked: old })
  assert.deepEqual(word(open()).revoked, old)
  const again = open()
  await serialOf(again, 'lb2')
  assert.deepEqual(word(again), { known: false, certified: ['lb2'], revoked: old })
  clock.advance(366 * DAY_MS)
  assert.deepEqual(word(open()), { known: false, certified: [], revoked: [] })
})

test('a node has a bounded number of them; revoking makes room', async (t) => {
  const { open, serialOf } = await bench(t)
  const ca = open()
  for (let n = 0; n < LIVE_PER_NODE_MAX; n++) assert.notEqual(await serialOf(ca, 'lb1'), '')
  assert.equal(await ca.certify('lb1', 'request'), undefined)
  ca.revokeNode('lb1')
  assert.notEqual(await ca.certify('lb1', 'request'), undefined)
})

test('a damaged list is refused and left: what was revoked would be good again', async (t) => {
  const { state, open } = await bench(t)
  for (const bad of ['', '{"version":1}', '{"version":2,"certificates":[]}']) {
    writeFileSync(`${state}/issued.json`, bad)
    assert.throws(open, /cannot use .*issued\.json: it is damaged/)
    assert.equal(readFileSync(`${state}/issued.json`, 'utf8'), bad)
  }
})
