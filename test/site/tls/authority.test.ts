// The cluster's CA: made once, agreed with by openssl, never replaced behind anybody's back.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeRequest, newKeys } from '../../../spec/tls/x509.ts'
import { authorityHere, DAY_MS } from './kit.ts'

test('the CA is made once, for its owner alone, and is the same after a restart', async (t) => {
  const { state, open, authority } = await authorityHere(t)
  assert.equal(statSync(join(state, 'ca.pem')).mode & 0o777, 0o600)
  const again = await open()
  assert.equal(again.fingerprint, authority.fingerprint)
  assert.equal(again.certificate, authority.certificate)
  assert.doesNotMatch(again.certificate, /PRIVATE/)
})

test('a cut while the CA is made leaves none, and the next start makes it', async (t) => {
  const { state, open, authority } = await authorityHere(t)
  const path = join(state, 'ca.pem')
  const half = readFileSync(path, 'utf8').slice(0, 300)
  rmSync(path)
  writeFileSync(`${path}.new`, half)
  assert.notEqual((await open()).fingerprint, authority.fingerprint)
  assert.equal((await open()).fingerprint, (await open()).fingerprint)
})

test('a damaged CA is refused and left as it is: another would be a stranger to every node', async (t) => {
  const { state, open } = await authorityHere(t)
  const path = join(state, 'ca.pem')
  const text = readFileSync(path, 'utf8')
  for (const bad of ['', text.slice(0, 200), text.slice(0, text.indexOf('-----BEGIN PRIVATE'))]) {
    writeFileSync(path, bad)
    await assert.rejects(open(), /^Error: cannot use .*ca\.pem: .*; put it back, or remove it/)
    assert.equal(readFileSync(path, 'utf8'), bad)
  }
  const { authority: other } = await authorityHere(t)
  const key = text.slice(text.indexOf('-----BEGIN PRIVATE'))
  writeFileSync(path, `${other.certificate}${key}`)
  await assert.rejects(open(), /key and certificate do not belong together/)
})

test('openssl agrees with what the CA signs: for the hub by its names, for a node as server and client', async (t) => {
  const { state, authority } = await authorityHere(t)
  const at = (name: string, text: string) => {
    writeFileSync(join(state, name), text)
    return join(state, name)
  }
  const ca = at('ca-only.pem', authority.certificate)
  const verify = (file: string, ...more: readonly string[]) =>
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', ca, ...more, file], {
      ...{ encoding: 'utf8', stdio: 'pipe' },
    })
  const hub = await authority.forHub([
    { type: 'dns', value: 'hub.example.org' },
    { type: 'ip', value: '192.0.2.1' },
    { type: 'ip', value: '2001:db8::1' },
  ])
  const hubFile = at('hub.pem', hub.cert)
  const server = ['-purpose', 'sslserver']
  assert.match(verify(hubFile, ...server, '-verify_hostname', 'hub.example.org'), /: OK/)
  assert.match(verify(hubFile, ...server, '-verify_ip', '192.0.2.1'), /: OK/)
  assert.match(verify(hubFile, ...server, '-verify_ip', '2001:db8::1'), /: OK/)
  assert.throws(() => verify(hubFile, ...server, '-verify_hostname', 'other.example.org'))
  assert.throws(() => verify(hubFile, '-purpose', 'sslclient'))
  const request = await makeRequest(await newKeys(), 'lb1')
  const node = at('node.pem', (await authority.forNode('lb1', request)).cert)
  assert.match(verify(node, ...server), /: OK/)
  assert.match(verify(node, '-purpose', 'sslclient'), /: OK/)
})

test('a node gets the name that the hub gives it, whatever its request asks for', async (t) => {
  const { authority, clock } = await authorityHere(t)
  const made = await authority.forNode('lb1', await makeRequest(await newKeys(), 'lb2'))
  const leaf = new X509Certificate(made.cert)
  assert.equal(leaf.subjectAltName, 'URI:hactl:node:lb1')
  assert.equal(leaf.subject, 'CN=hactl node lb1')
  assert.equal(leaf.serialNumber, made.serial)
  assert.equal(Date.parse(leaf.validTo), made.notAfter)
  assert.ok(Math.abs(made.notAfter - clock.ms - 365 * DAY_MS) < 1_000)
  // It passes for no host, not even for one of the node's name.
  for (const host of ['lb1', 'hactl', 'localhost']) assert.equal(leaf.checkHost(host), undefined)
})

test('a request that its own key did not sign is refused', async (t) => {
  const { authority } = await authorityHere(t)
  const request = await makeRequest(await newKeys(), 'lb1')
  const [head = '', , tail = ''] = request.split(/\n([\s\S]*)\n(?=-----END)/)
  const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
  const forged = `${head}\n${der.toString('base64')}\n${tail}`
  await assert.rejects(authority.forNode('lb1', forged))
  await assert.rejects(authority.forNode('lb1', 'no request at all'))
})

test('nothing outlives the CA', async (t) => {
  const { authority, clock } = await authorityHere(t)
  clock.ms += 3_640 * DAY_MS
  const leaf = new X509Certificate((await authority.forHub([{ type: 'dns', value: 'x' }])).cert)
  assert.equal(leaf.validTo, new X509Certificate(authority.certificate).validTo)
})
