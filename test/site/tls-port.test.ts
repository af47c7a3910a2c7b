// The hub over real TLS on loopback: what is let in, what is told, and what stays bounded.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { get, request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import { CONNECTIONS_PER_ADDRESS_MAX } from '../../site/gate.ts'
import { until } from '../agent/host/temporary.ts'
import { AGE_MS, type Bench, tlsHub } from './tls/hub.ts'

const ask = (b: Bench, path: string, method = 'GET', role = 'operator', body = '') =>
  new Promise<{ status: number; body: string; cookie: string }>((resolve, reject) => {
    const options = { ca: b.ca, method, headers: b.auth(role), agent: false as const }
    request(new URL(path, b.url), options, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      const cookie = String(answer.headers['set-cookie'] ?? '')
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text, cookie }))
    })
      .on('error', reject)
      .end(body)
  })

test('over TLS: the same routes, cookies for TLS only, no word that binds other ports of the host', async (t) => {
  const b = await tlsHub(t)
  assert.match(b.url, /^https:/)
  assert.equal((await ask(b, '/v1/health')).status, 200)
  assert.equal((await ask(b, '/v1/specs', 'GET', 'nobody')).status, 401)
  const page = await ask(b, `/?token=${b.tokens['viewer']}`)
  assert.match(page.cookie, /; Secure$/)
  const headers = await new Promise((resolve) => {
    get(new URL('/', b.url), { ca: b.ca, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.headers)
    })
  })
  assert.ok(typeof headers === 'object' && headers !== null)
  assert.ok(!('strict-transport-security' in headers))
})

test('a join token over TLS carries the fingerprint of the CA', async (t) => {
  const b = await tlsHub(t)
  const made = await ask(b, '/v1/join-tokens', 'POST', 'operator', '{"ttlMs":60000}')
  assert.equal(made.status, 201)
  assert.equal(String(JSON.parse(made.body).token).split('.')[1], b.hub.fingerprint)
})

test('plain HTTP on the port of TLS is told so and gets nothing; without the CA a client goes no further', async (t) => {
  const b = await tlsHub(t)
  const answer = await fetch(b.url.replace('https', 'http'), { headers: b.auth('operator') })
  assert.equal(answer.status, 400)
  assert.deepEqual(await answer.json(), { error: 'this hub speaks TLS: use https://' })
  await assert.rejects(ask({ ...b, ca: '' }, '/v1/health'), { code: /SELF_SIGNED|UNABLE/ })
})

test('nothing older than TLS 1.2', async (t) => {
  const b = await tlsHub(t)
  const old = connectTls({
    ...{ port: b.port, host: '127.0.0.1', ca: b.ca, ciphers: 'ALL:@SECLEVEL=0' },
    ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
  })
  const [error] = await once(old, 'error')
  assert.match(String(error), /protocol version/)
})

test('agents over TLS give their place back, so that their number is no limit', async (t) => {
  const b = await tlsHub(t)
  const lines = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const ws = new WebSocket(`${b.url.replace('http', 'ws')}/v1/agent`, {
        ...{ ca: b.ca, headers: b.auth('agent') },
      })
      await once(ws, 'open')
      return ws
    }),
  )
  const idle = Array.from({ length: CONNECTIONS_PER_ADDRESS_MAX }, () =>
    connect(b.port, '127.0.0.1').on('error', () => undefined),
  )
  await Promise.all(idle.map((socket) => once(socket, 'connect')))
  // One more is one too many; had the agents counted, the last of these would have been too.
  const more = connect(b.port, '127.0.0.1').on('error', () => undefined)
  await once(more, 'close')
  assert.equal(idle.filter((socket) => socket.destroyed).length, 0)
  for (const socket of [...idle, ...lines])
    'terminate' in socket ? socket.terminate() : socket.destroy()
})

test('a slow handshake and a silent line are ended; others are served meanwhile', async (t) => {
  const b = await tlsHub(t, {
    ...{ headersTimeout: 60, requestTimeout: 120, connectionsCheckingInterval: 20 },
  })
  const half = connect(b.port, '127.0.0.1', () => half.write(Buffer.from([22, 3, 1, 2])))
  const silent = connect(b.port, '127.0.0.1')
  const slow = connectTls({ port: b.port, host: '127.0.0.1', ca: b.ca }, () =>
    slow.write('GET / HTTP/1.1\r\nhost: x\r\nx-slow: '),
  )
  const ends = [half, silent, slow].map((socket) => {
    socket.on('error', () => undefined).resume()
    return once(socket, 'close')
  })
  assert.equal((await ask(b, '/v1/health')).status, 200)
  await Promise.all(ends)
})

test('the certificate is renewed while lines are open: they stay, new ones get the new one', async (t) => {
  const b = await tlsHub(t)
  const dial = async () => {
    const socket = connectTls({ port: b.port, host: '127.0.0.1', ca: b.ca })
    await once(socket, 'secureConnect')
    return { socket, serial: socket.getPeerCertificate().serialNumber }
  }
  const before = await dial()
  const file = readFileSync(join(b.state, 'hub.pem'), 'utf8')
  b.clock.advance(AGE_MS)
  await until('it is renewed', () => readFileSync(join(b.state, 'hub.pem'), 'utf8') !== file)
  const ended = once(before.socket, 'data')
  await until('it is shown', async () => {
    const after = await dial()
    after.socket.destroy()
    return after.serial !== before.serial
  })
  before.socket.write('GET /v1/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  assert.match(String(await ended), /^HTTP\/1\.1 200/)
  assert.ok(!existsSync(join(b.state, 'hub.pem.new')))
})
