// A node and its hub over real TLS: joined by a token that names the CA; nobody else is told anything.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createPlain } from 'node:http'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { NO_SECRET, Secret } from '../../spec/secret.ts'
import { enrolNode } from '../../agent/enrol.ts'
import { enrolDoors } from '../../agent/host/enrol-doors.ts'
import { postJson } from '../../agent/host/post.ts'
import { readFileState, renameFile, writeFileAtomic } from '../../agent/host/files.ts'
import { hubSource } from '../../agent/source/index.ts'
import { openAuthority, type Pair } from '../../site/tls/authority.ts'
import type { Name } from '../../spec/tls/x509.ts'
import { SPEC } from '../site/kit.ts'
import { tlsHub } from '../site/tls/hub.ts'
import { authorityHere, DAY_MS } from '../site/tls/kit.ts'
import { temporaryDirectory } from './host/temporary.ts'

const doors = enrolDoors({ read: readFileState, write: writeFileAtomic, rename: renameFile })
const HERE: Name = { type: 'ip', value: '127.0.0.1' }

/** A server that shows this, and notes whatever it is told. */
async function server(t: TestContext, { key, cert }: Pair) {
  const heard: string[] = []
  const tls = createServer({ key, cert }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => heard.push(data.toString('latin1')))
  })
  tls.on('tlsClientError', () => undefined)
  await new Promise<void>((done) => tls.listen(0, '127.0.0.1', done))
  t.after(() => tls.close())
  const at = tls.address()
  assert.ok(at !== null && typeof at === 'object')
  return { url: `https://127.0.0.1:${at.port}`, heard }
}
const joinOf = (fingerprint: string) => new Secret(`join-join-join-join-join.${fingerprint}`)

test('a node joins by a token that names the CA, keeps it, and fetches specs with its own token', async (t) => {
  const hub = await tlsHub(t)
  const operator = hub.tokens['operator'] ?? ''
  const post = (path: string, value: unknown) =>
    postJson(hub.url, path, new Secret(operator), value, 5_000, [hub.ca])
  const { body } = await post('/v1/join-tokens', { ttlMs: 60_000, node: 'lb1' })
  const state = await temporaryDirectory(t)
  const joining = {
    url: hub.url,
    join: new Secret(String(JSON.parse(body).token)),
    node: 'lb1',
    state,
  }
  const { token, ca } = await enrolNode(doors, joining)
  assert.deepEqual(
    ca?.map((pem) => pem.trim()),
    [hub.ca.trim()],
  )
  assert.deepEqual(readdirSync(state).filter((name) => /\.ca\.pem$/.test(name)).length, 1)
  // Again, as after a restart: from disk.
  const again = await enrolNode(doors, joining)
  assert.deepEqual([again.token.reveal(), again.ca], [token.reveal(), ca])
  const source = hubSource({ url: hub.url, token: () => token, ca: () => ca, timeoutMs: 5_000 })
  const signal = new AbortController().signal
  await assert.rejects(source.fetch(signal), /no spec there \(404\)/)
  const push = { method: 'POST', body: SPEC, headers: { ...hub.auth('operator'), 'if-match': '0' } }
  assert.equal((await hub.ask('/v1/specs', push)).status, 201)
  assert.equal((await source.fetch(signal))?.body, SPEC)
  assert.equal(await source.fetch(signal), undefined)
  const stranger = hubSource({ url: hub.url, token: () => token, timeoutMs: 5_000 })
  await assert.rejects(
    stranger.fetch(signal),
    /its certificate is of a CA that is not believed here/,
  )
})

test('what shows another CA than the token names is told nothing', async (t) => {
  const { authority } = await authorityHere(t)
  const { authority: other } = await authorityHere(t)
  const { url, heard } = await server(t, await other.forHub([HERE]))
  const state = await temporaryDirectory(t)
  const joining = { url, join: joinOf(authority.fingerprint), node: 'lb1', state }
  await assert.rejects(enrolNode(doors, joining), /its CA is another; nothing was sent to it/)
  assert.deepEqual(heard, [])
  assert.deepEqual(readdirSync(state), [])
})

test('a man in the middle who shows the right CA without its key is told nothing', async (t) => {
  const { authority } = await authorityHere(t)
  const { authority: other } = await authorityHere(t)
  const { key, cert } = await other.forHub([HERE])
  const { url, heard } = await server(t, { key, cert: `${cert}${authority.certificate}` })
  const state = await temporaryDirectory(t)
  const joining = { url, join: joinOf(authority.fingerprint), node: 'lb1', state }
  await assert.rejects(enrolNode(doors, joining), /cannot enrol at https.*/)
  assert.deepEqual(heard, [])
  assert.ok(!readdirSync(state).some((name) => name.endsWith('.token')))
})

test('a token that names a CA is sent over nothing but TLS', async (t) => {
  let asked = 0
  const plain = createPlain((_, response) => {
    asked++
    response.end()
  })
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
  t.after(() => plain.close())
  const at = plain.address()
  assert.ok(at !== null && typeof at === 'object')
  const { authority } = await authorityHere(t)
  const of = {
    join: joinOf(authority.fingerprint),
    node: 'lb1',
    state: await temporaryDirectory(t),
  }
  const http = { ...of, url: `http://127.0.0.1:${at.port}` }
  await assert.rejects(enrolNode(doors, http), /a hub that speaks TLS: use https:\/\/; nothing/)
  const https = { ...of, url: `https://127.0.0.1:${at.port}` }
  await assert.rejects(enrolNode(doors, https), /it does not speak TLS/)
  assert.equal(asked, 0)
})

test('an expired certificate, one that begins later, and one of another name: each refused in its words', async (t) => {
  const { authority, clock, state } = await authorityHere(t)
  const believed = [authority.certificate]
  const real = clock.ms
  const fetched = async (pair: Pair) => {
    const { url, heard } = await server(t, pair)
    const source = hubSource({
      url,
      token: () => new Secret('secret'),
      ca: () => believed,
      timeoutMs: 5_000,
    })
    const failed = await source.fetch(new AbortController().signal).catch(String)
    assert.deepEqual(heard, [])
    return failed
  }
  // The CA of a clock that was set back: signed long ago.
  const past = `${state}/past`
  mkdirSync(past)
  writeFileSync(`${past}/ca.pem`, readFileSync(`${state}/ca.pem`))
  const random = () => randomBytes(16).toString('hex')
  const at = (now: number) => openAuthority({ state: past, random, now: () => now })
  const old = await (await at(real - 100 * DAY_MS)).forHub([HERE])
  assert.match(String(await fetched(old)), /its certificate has expired/)
  const early = await (await at(real + 10 * DAY_MS)).forHub([HERE])
  assert.match(String(await fetched(early)), /is not good yet: the clock here or there is wrong/)
  const named = await authority.forHub([{ type: 'dns', value: 'hub.example.org' }])
  assert.match(String(await fetched(named)), /is for other names \(hub\.example\.org\)/)
})

test("until it has joined, a node believes nobody behind the hub's address", async (t) => {
  const hub = await tlsHub(t)
  const source = hubSource({ url: hub.url, token: () => NO_SECRET, ca: () => [], timeoutMs: 5_000 })
  await assert.rejects(source.fetch(new AbortController().signal), /not believed here/)
})
