// An agent whose hub lies, floods and hangs: nothing applied that is not valid and newer, nothing lost, memory bounded.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { Secret } from '../../spec/secret.ts'
import { accept } from '../../agent/accept.ts'
import { openMemory } from '../../agent/memory.ts'
import { hubSource } from '../../agent/source/index.ts'
import { createEventQueue, startUplink } from '../../agent/uplink/index.ts'
import { FRAME_BYTES_MAX, SPEC_BYTES_MAX } from '../../spec/limits.ts'
import { createFakeHost } from '../fakes/host.ts'
import { reportOf, summaryOf, testClock } from '../site/kit.ts'

const MIB = 1024 * 1024
const GROWTH_BYTES_MAX = 160 * MIB
const SPEC = readFileSync('spec/examples/wordpress.json', 'utf8')

async function hostile(t: TestContext, answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  const at = server.address()
  assert.ok(typeof at === 'object' && at !== null)
  return { server, url: `http://127.0.0.1:${at.port}` }
}

const say =
  (body: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(200, headers).end(body)
  }
const revision = (n: string) => ({ 'x-hactl-revision': n })
/** Pieces without end, for as long as the agent takes them. */
function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(MIB, ' ')
  response.writeHead(200, revision('9'))
  const more = (): void => {
    if (response.destroyed) return
    if (response.write(piece)) setImmediate(more)
    else response.once('drain', more)
  }
  response.on('error', () => undefined)
  more()
}

const LIES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'an older revision': say(SPEC, revision('2')),
  'another text for the revision that was seen': say(SPEC.replace('10086', '10087'), revision('3')),
  'a truncated spec': say(SPEC.slice(0, 900), revision('4')),
  'no spec at all': say('<html>it works</html>', revision('4')),
  'an empty answer': say('', revision('4')),
  'a spec that is not UTF-8': (response) => {
    response.writeHead(200, revision('4')).end(Buffer.from([0xff, 0xfe, 0x7b]))
  },
  'a spec nested 100,000 deep': say('{"a":'.repeat(100_000), revision('4')),
  'a newer version of the format': say(
    SPEC.replace('"version": 1', '"version": 99'),
    revision('4'),
  ),
  'a revision that is no number': say(SPEC, revision('4 or so')),
  'overrides that are no words': say(SPEC, { ...revision('4'), 'x-hactl-allow': '../../x' }),
  'more overrides than there are': say(SPEC, {
    ...revision('4'),
    'x-hactl-allow': Array(99).fill('a').join(','),
  }),
  'a length above the limit': (response) => {
    response.writeHead(200, { ...revision('4'), 'content-length': SPEC_BYTES_MAX + 1 })
    response.write('{')
  },
  'a body without end': endless,
  'a redirect to somebody else': (response) => {
    response.writeHead(302, { location: 'http://192.0.2.1/' }).end()
  },
  'not modified, though nothing was asked before': (response) => {
    response.writeHead(304).end()
  },
  'headers without end': (response) => {
    response.on('error', () => undefined)
    response.socket?.write(`HTTP/1.1 200 OK\r\n${'x-a: yyyyyyyyyyyyyyyy\r\n'.repeat(5_000)}`)
  },
  'half an answer': (response) => {
    response.writeHead(200, { ...revision('4'), 'content-length': SPEC.length })
    response.write(SPEC.slice(0, 100), () => response.destroy())
  },
  nothing: () => undefined,
}

for (const [what, lie] of Object.entries(LIES))
  test(`the hub answers ${what}: the wanted spec stays`, async (t) => {
    const { host } = createFakeHost()
    const memory = await openMemory(host, '/var/lib/hactl')
    await accept(memory, { body: SPEC, revision: 3, allow: [] })
    const before = { meta: structuredClone(memory.meta()), rss: process.memoryUsage().rss }
    const { url } = await hostile(t, lie)
    const source = hubSource({
      url,
      token: () => new Secret('t'),
      timeoutMs: what === 'nothing' ? 100 : 5_000,
    })
    const fetched = await source.fetch(AbortSignal.any([])).catch(() => undefined)
    if (fetched !== undefined) assert.equal((await accept(memory, fetched)).kind, 'refused')
    assert.deepEqual(memory.meta(), before.meta)
    const again = await openMemory(host, '/var/lib/hactl')
    assert.equal(again.spec('wanted'), SPEC)
    assert.ok(process.memoryUsage().rss - before.rss < GROWTH_BYTES_MAX)
  })

async function line(t: TestContext) {
  const { server, url } = await hostile(t, (response) => response.writeHead(404).end())
  const sockets = new WebSocketServer({ server, autoPong: false })
  const clock = testClock()
  const events = createEventQueue()
  events.push({ id: 'e1', at: 1, kind: 'agent', text: 'x' })
  const wanted: number[] = []
  const logs: string[] = []
  const connection = once(sockets, 'connection')
  const uplink = startUplink({
    url,
    token: () => new Secret('t'),
    cluster: () => 'c',
    node: 'lb1',
    boot: 'b1',
    clock,
    random: { between: (min) => min, id: () => 'id' },
    agentVersion: '0',
    summary: () => summaryOf('lb1'),
    report: () => reportOf(summaryOf('lb1')),
    events,
    onWanted: (n) => wanted.push(n),
    files: () => [],
    onPoll: () => wanted.push(0),
    onConfirmed: () => undefined,
    onFailed: () => undefined,
    logs: async () => ({ lines: [], after: '', note: '', error: '' }),
    onOrders: () => undefined,
    log: (text) => logs.push(text),
  })
  const [ws] = await connection
  t.after(() => uplink.close())
  return { ws, events, wanted, logs }
}

test('a hub that floods its line is hung up on; no event is lost', async (t) => {
  const { ws, events, wanted } = await line(t)
  const before = process.memoryUsage().rss
  const gone = once(ws, 'close')
  for (let n = 0; n < 10_000; n++)
    ws.send(`{"type":"wanted","revision":${n},"digest":"d"}`, () => undefined)
  await gone
  assert.ok(wanted.length <= 200, `${wanted.length} were heard`)
  assert.equal(events.size(), 1)
  assert.ok(process.memoryUsage().rss - before < GROWTH_BYTES_MAX)
})

test('pings without end are not answered without end', async (t) => {
  const { ws, events } = await line(t)
  const gone = once(ws, 'close')
  for (let n = 0; n < 10_000; n++) ws.ping('x'.repeat(100), false, () => undefined)
  await gone
  assert.equal(events.size(), 1)
})

test('a frame above the limit ends the line; deep and strange ones are ignored', async (t) => {
  const { ws, events, wanted } = await line(t)
  const deep = '['.repeat(300_000) + ']'.repeat(300_000)
  for (const frame of [
    `{"type":"stored","ids":${deep}}`,
    `{"type":"wanted","revision":${deep},"digest":"d"}`,
    '{"type":"wanted","revision":1e400,"digest":"d"}',
    '{"type":"wanted","revision":-1,"digest":"d"}',
    '{"type":"stored","ids":["e1"],"run":"reboot"}',
    '{"__proto__":{"type":"stored","ids":["e1"]}}',
    '{"type":"run","argv":["reboot"]}',
    deep,
  ])
    ws.send(frame)
  const gone = once(ws, 'close')
  ws.send('x'.repeat(FRAME_BYTES_MAX + 1))
  await gone
  assert.deepEqual(wanted, [])
  assert.equal(events.size(), 1)
})
