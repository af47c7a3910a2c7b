// The hub under abuse on real sockets: it goes on, its store holds what it held, and its memory stays bounded.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { CONNECTIONS_PER_ADDRESS_MAX } from '../../site/gate.ts'
import { serveHub } from '../../site/serve.ts'
import { FRAME_BYTES_MAX } from '../../spec/limits.ts'
import { bearer, fakeCourier, SPEC, summaryOf, testClock } from './kit.ts'

const MIB = 1024 * 1024
/** Growth of this whole process, which is the client too. */
const GROWTH_BYTES_MAX = 160 * MIB

async function bench(t: TestContext, patience?: Parameters<typeof serveHub>[0]['patience']) {
  const state = mkdtempSync(join(tmpdir(), 'hub-'))
  const logs: string[] = []
  const hub = await serveHub({
    state,
    listen: ['127.0.0.1:0'],
    open: false,
    clock: testClock(),
    log: (line) => logs.push(line),
    courier: fakeCourier(),
    ...(patience === undefined ? {} : { patience }),
  })
  t.after(async () => {
    await hub.close()
    rmSync(state, { recursive: true })
  })
  const url = hub.addresses[0] ?? ''
  const tokens: Record<string, string> = JSON.parse(
    readFileSync(join(state, 'tokens.json'), 'utf8'),
  )
  const auth = (role: string) => bearer(tokens[role] ?? '')
  const push = (body: string, parent = '0') =>
    fetch(`${url}/v1/specs`, {
      method: 'POST',
      body,
      headers: { ...auth('operator'), 'if-match': parent },
    })
  assert.equal((await push(SPEC)).status, 201)
  /** A node that behaves is served, and the newest spec is what was pushed. */
  const well = async () => {
    const spec = await fetch(`${url}/v1/spec`, { headers: auth('agent') })
    assert.equal(await spec.text(), SPEC)
    const agent = await dial(url, auth('agent'))
    agent.send(hello('lb1'))
    const [wanted] = await once(agent, 'message')
    assert.match(String(wanted), /"type":"wanted","revision":1/)
    agent.terminate()
    await once(agent, 'close')
  }
  return { url, port: Number(new URL(url).port), auth, push, well, logs }
}

const hello = (node: string) =>
  JSON.stringify({ type: 'hello', protocol: 1, cluster: '', node, boot: 'b1', agentVersion: 't' })
async function dial(url: string, headers: Record<string, string>): Promise<WebSocket> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, { headers })
  ws.on('error', () => undefined)
  await once(ws, 'open')
  return ws
}

/** The same every time: xorshift from a seed. */
function random(seed: number) {
  let x = seed
  return (below: number): number => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

const WORDS = ['type', 'hello', 'heartbeat', 'report', 'events', 'seq', 'summary', 'node', 'ids']
function randomFrame(below: (n: number) => number): string | Buffer {
  const kind = below(4)
  if (kind === 0) return Buffer.from(Array.from({ length: below(400) }, () => below(256)))
  if (kind === 1)
    return String.fromCharCode(...Array.from({ length: below(400) }, () => below(65_536)))
  const word = () => WORDS[below(WORDS.length)] ?? ''
  if (kind === 2) {
    const pairs = Array.from({ length: below(8) }, () => [
      word(),
      [word(), below(9), [null]][below(3)],
    ])
    return JSON.stringify({ ...Object.fromEntries(pairs), type: word() })
  }
  const good = JSON.stringify({ type: 'heartbeat', seq: below(99), summary: summaryOf('lb1') })
  const at = below(good.length)
  return good.slice(0, at) + String.fromCharCode(32 + below(90)) + good.slice(at + below(4))
}

test('10,000 random WebSocket frames: bad ones end their session, the hub goes on', async (t) => {
  const b = await bench(t)
  const below = random(20_261_128)
  const before = process.memoryUsage().rss
  const PER_LINE = 20
  for (let line = 0; line < 10_000 / PER_LINE; line++) {
    const ws = await dial(b.url, b.auth('agent'))
    if (line % 2 === 0) ws.send(hello('lb1'))
    for (let n = 0; n < PER_LINE; n++) {
      const frame = randomFrame(below)
      // Every fifth goes past the protocol: bytes that are no frame at all.
      if (below(5) === 0 && '_socket' in ws && isSocket(ws._socket)) ws._socket.write(frame)
      else ws.send(frame, () => undefined)
    }
    ws.close()
    if (ws.readyState !== WebSocket.CLOSED) await once(ws, 'close')
  }
  await b.well()
  assert.deepEqual(b.logs, [])
  assert.ok(process.memoryUsage().rss - before < GROWTH_BYTES_MAX)
})
const isSocket = (value: unknown): value is Socket =>
  typeof value === 'object' && value !== null && 'write' in value

test('deeply nested JSON, as frame, spec and request, is refused', async (t) => {
  const b = await bench(t)
  const deep = '['.repeat(300_000) + ']'.repeat(300_000)
  for (const type of ['hello', 'heartbeat', 'report', 'events']) {
    const ws = await dial(b.url, b.auth('agent'))
    ws.send(`{"type":"${type}","x":${deep}}`)
    const [code] = await once(ws, 'close')
    assert.equal(code, 1008, type)
  }
  assert.equal((await b.push(deep, '1')).status, 422)
  assert.equal((await b.push('{"a":'.repeat(100_000), '1')).status, 422)
  await b.well()
  assert.deepEqual(b.logs, [])
})

test('a frame above the limit, and pings without end, end the session', async (t) => {
  const b = await bench(t)
  const large = await dial(b.url, b.auth('agent'))
  large.send('x'.repeat(FRAME_BYTES_MAX + 1))
  assert.equal((await once(large, 'close'))[0], 1009)
  const pinging = await dial(b.url, b.auth('agent'))
  for (let n = 0; n < 1_000; n++) pinging.ping('x'.repeat(100), true, () => undefined)
  assert.equal((await once(pinging, 'close'))[0], 1008)
  await b.well()
})

/** Sends 100 MB in pieces for as long as the other side takes them; the status, or 0 when it hung up. */
function flood(port: number, path: string, headers: Record<string, string>): Promise<number> {
  const piece = Buffer.alloc(MIB, 'x')
  return new Promise((resolve) => {
    let left = 100
    const out = request({ port, host: '127.0.0.1', path, method: 'POST', headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
      out.destroy()
    })
    out.on('error', () => resolve(0))
    const more = (): void => {
      while (left-- > 0) if (!out.write(piece)) return void out.once('drain', more)
      out.end()
    }
    more()
  })
}

test('bodies of 100 MB are refused before they are read, with a token and without', async (t) => {
  const b = await bench(t)
  const before = process.memoryUsage().rss
  const chunked = { ...b.auth('operator'), 'if-match': '1', 'transfer-encoding': 'chunked' }
  assert.ok([413, 0].includes(await flood(b.port, '/v1/specs', chunked)))
  const honest = { ...b.auth('operator'), 'if-match': '1', 'content-length': String(100 * MIB) }
  assert.equal(await flood(b.port, '/v1/specs', honest), 413)
  assert.ok([413, 0].includes(await flood(b.port, '/v1/tokens', chunked)))
  const stranger = { ...bearer('x'.repeat(30)), 'transfer-encoding': 'chunked' }
  assert.ok([401, 0].includes(await flood(b.port, '/v1/enrol', stranger)))
  await b.well()
  assert.ok(process.memoryUsage().rss - before < GROWTH_BYTES_MAX)
})

const ask = (port: number, head: string): Promise<string> =>
  new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    socket.on('data', (data) => {
      said += data.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said))
  })

test('a flood of headers is answered with 431', async (t) => {
  const b = await bench(t)
  const one = `GET /v1/health HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`
  assert.match(await ask(b.port, one), /^HTTP\/1\.1 431 /)
  const many = Array.from({ length: 5_000 }, (_, n) => `x-${n}: y\r\n`).join('')
  assert.match(await ask(b.port, `GET / HTTP/1.1\r\nhost: x\r\n${many}\r\n`), /^HTTP\/1\.1 431 /)
  await b.well()
})

test('slow-loris: one address holds a bounded number of lines, each is ended, others are served meanwhile', async (t) => {
  const b = await bench(t, {
    headersTimeout: 1_000,
    requestTimeout: 2_000,
    connectionsCheckingInterval: 50,
  })
  const slow = Array.from({ length: CONNECTIONS_PER_ADDRESS_MAX + 50 }, () => {
    const socket = connect({ port: b.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    socket.on('error', () => undefined)
    // What is not read keeps a socket from closing.
    socket.resume()
    socket.on('connect', () => socket.write('GET /v1/health HTTP/1.1\r\nhost: x\r\nx-slow: '))
    return new Promise((done) => socket.once('close', done))
  })
  await b.well()
  await Promise.all(slow)
  // Their places are free again.
  const socket = connect({ port: b.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  socket.end('GET /v1/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const [data] = await once(socket, 'data')
  assert.match(String(data), /^HTTP\/1\.1 200 /)
})

test('a body that comes too slowly is ended', async (t) => {
  const b = await bench(t, {
    headersTimeout: 100,
    requestTimeout: 200,
    connectionsCheckingInterval: 50,
  })
  const { authorization } = b.auth('operator')
  const head = `POST /v1/specs HTTP/1.1\r\nhost: x\r\nif-match: 1\r\nauthorization: ${authorization}\r\ncontent-length: 1000\r\n\r\n{`
  assert.match(await ask(b.port, head), /^(?:HTTP\/1\.1 408 .*)?/)
  await b.well()
})
