// Which CA a join token means, and which end of a chain is one.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  certificatesIn,
  fingerprintOf,
  JOIN_PATTERN,
  rootOf,
  splitJoin,
  withFingerprint,
} from '../../../spec/tls/fingerprint.ts'
import { nodeOf, nodeUri } from '../../../spec/tls/node-name.ts'
import { authorityHere } from '../../site/tls/kit.ts'

test('the fingerprint is the SHA-256 of the public key, as openssl sees it', async (t) => {
  const { authority } = await authorityHere(t)
  const der = execFileSync(
    'sh',
    ['-c', 'openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER'],
    {
      input: authority.certificate,
    },
  )
  assert.equal(authority.fingerprint, createHash('sha256').update(der).digest('base64url'))
})

test('the end of a chain is what signed itself, truly', async (t) => {
  const { authority } = await authorityHere(t)
  const { authority: other } = await authorityHere(t)
  const { cert } = await authority.forHub([{ type: 'dns', value: 'x' }])
  const root = rootOf(certificatesIn(cert))
  assert.ok(root !== undefined)
  assert.equal(fingerprintOf(root), authority.fingerprint)
  assert.notEqual(authority.fingerprint, other.fingerprint)
  const [leaf] = certificatesIn(cert)
  assert.ok(leaf !== undefined)
  assert.equal(rootOf([leaf]), undefined)
})

test('a join token with and without a fingerprint', () => {
  const secret = 'a'.repeat(32)
  const ca = 'B'.repeat(43)
  assert.deepEqual(splitJoin(withFingerprint(secret, ca)), { secret, ca })
  assert.deepEqual(splitJoin(withFingerprint(secret, undefined)), { secret })
  const pattern = new RegExp(JOIN_PATTERN)
  assert.ok(pattern.test(secret) && pattern.test(`${secret}.${ca}`))
  for (const bad of [`${secret}.`, `${secret}.${ca}x`, `${secret}.${ca.slice(1)}`, `.${ca}`])
    assert.ok(!pattern.test(bad), bad)
})

test('a node is told from its certificate by one name of ours, and by nothing else', () => {
  assert.equal(nodeOf(`URI:${nodeUri('lb1')}`), 'lb1')
  for (const bad of [
    undefined,
    '',
    'DNS:lb1',
    'URI:hactl:node:lb1, DNS:hub',
    'DNS:hub, URI:hactl:node:lb1',
    'URI:hactl:node:LB1',
    'URI:"hactl:node:lb1"',
    'URI:hactl:node:lb1\n',
  ])
    assert.equal(nodeOf(bad), undefined, bad)
})
