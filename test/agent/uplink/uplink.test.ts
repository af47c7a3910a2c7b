// The agent's line against a real socket and a hub that is good, absent, silent or lying; time only moves when told.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { Secret } from '../../../spec/secret.ts'
import { reportFrame, reportKey } from '../../../agent/uplink/frames.ts'
import { backoffMs } from '../../../agent/uplink/backoff.ts'
import { createEventQueue, startUplink } from '../../../agent/uplink/index.ts'
import { FRAME_BYTES_MAX } from '../../../spec/limits.ts'
import type { LogsAsk } from '../../../spec/logs.ts'
import type { NodeFile } from '../../../spec/report.ts'
import { reportOf, summaryOf, testClock } from '../../site/kit.ts'

/** A server that hands out frames as they come, without polling. */
async function listen(port = 0) {
  const server = new WebSocketServer({ port, host: '127.0.0.1' })
  await once(server, 'listening')
  const at = server.address()
  const frames: string[] = []
  const waiting: ((frame: string) => void)[] = []
  const sockets: WebSocket[] = []
  server.on('connection', (ws) => {
    sockets.push(ws)
    ws.on('message', (data) => {
      const wake = waiting.shift()
      if (wake === undefined) frames.push(data.toString())
      else wake(data.toString())
    })
  })
  const next = async (): Promise<{ type: string; [key: string]: unknown }> => {
    const frame = frames.shift()
    return JSON.parse(frame ?? (await new Promise<string>((resolve) => waiting.push(resolve))))
  }
  const close = () => {
    for (const ws of server.clients) ws.terminate()
    return new Promise((resolve) => server.close(resolve))
  }
  const used = typeof at === 'object' && at !== null ? at.port : 0
  return { url: `http://127.0.0.1:${used}`, port: used, next, sockets, close }
}

function uplinkTo(url: string) {
  const clock = testClock()
  const events = createEventQueue(3)
  const wanted: (readonly [number, string])[] = []
  const logs: string[] = []
  const failed: string[] = []
  const files: readonly NodeFile[] = []
  const now = { cluster: 'c', holds: ['web/192.0.2.1'], passMs: 1, polls: 0, files }
  const deps = {
    url,
    token: () => new Secret('t'),
    cluster: () => now.cluster,
    node: 'lb1',
    boot: 'b1',
    clock,
    random: { between: (min: number) => min, id: () => 'id' },
    agentVersion: '0',
    summary: () => summaryOf('lb1', now.holds),
    report: () => ({ ...reportOf(summaryOf('lb1', now.holds)), passMs: now.passMs }),
    events,
    onConfirmed: () => undefined,
    onOrders: () => undefined,
    onFailed: (node: string) => void failed.push(node),
    files: () => now.files,
    onWanted: (revision: number, digest: string) => {
      wanted.push([revision, digest])
      throw new Error('a fault of the agent')
    },
    onPoll: () => {
      now.polls++
    },
    logs: async (ask: LogsAsk) => ({ lines: [], after: 'x', note: ask.units.join(), error: '' }),
    log: (line: string) => logs.push(line),
  }
  return { clock, events, wanted, logs, failed, now, start: () => startUplink(deps) }
}
const types = async (next: () => Promise<{ type: string }>, count: number) => {
  const all: string[] = []
  for (let n = 0; n < count; n++) all.push((await next()).type)
  return all
}

test('hello, heartbeat, report, events; then a heartbeat a second, a report only on change', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  u.events.push({ id: 'e1', at: 1, kind: 'agent', text: 'x' })
  const uplink = u.start()
  assert.deepEqual(await types(hub.next, 5), [
    ...['hello', 'abilities', 'heartbeat', 'report', 'events'],
  ])
  u.now.passMs = 99
  u.clock.advance(1000)
  assert.deepEqual(await types(hub.next, 1), ['heartbeat'])
  uplink.changed()
  u.now.holds = []
  uplink.changed()
  assert.deepEqual(await types(hub.next, 2), ['heartbeat', 'report'])
  await uplink.close()
  await hub.close()
})

test('files are shown when another list of them is there', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  assert.deepEqual(await types(hub.next, 4), ['hello', 'abilities', 'heartbeat', 'report'])
  u.now.files = [{ path: '/etc/x', digest: 'd', bytes: 1 }]
  uplink.changed()
  const { type, files } = await hub.next()
  assert.deepEqual([type, files], ['files', u.now.files])
  uplink.changed()
  u.clock.advance(1000)
  assert.deepEqual(await types(hub.next, 1), ['heartbeat'])
  await uplink.close()
  await hub.close()
})

test('garbage and lies do no harm; stored events are forgotten, wanted is handed on', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  u.events.push({ id: 'e1', at: 1, kind: 'agent', text: 'x' })
  const uplink = u.start()
  await types(hub.next, 5)
  const [ws] = hub.sockets
  for (const frame of [
    '',
    '{',
    '[]',
    '{"type":"wanted","revision":"9"}',
    '{"type":"stored","ids":7}',
    '{"type":"poll","url":"ext::sh"}',
  ])
    ws?.send(frame)
  ws?.send(Buffer.from([0, 1, 2]))
  ws?.send('{"type":"wanted","revision":2,"digest":"d"}')
  ws?.send('{"type":"wanted","revision":1,"digest":"older"}')
  assert.equal(u.events.size(), 1)
  ws?.send('{"type":"poll"}')
  ws?.send('{"type":"stored","ids":["e1","e-unknown"]}')
  ws?.ping()
  if (ws !== undefined) await once(ws, 'pong')
  assert.deepEqual(u.wanted, [
    [2, 'd'],
    [1, 'older'],
  ])
  assert.equal(u.now.polls, 1)
  assert.equal(u.events.size(), 0)
  assert.ok(uplink.connected())
  await uplink.close()
  await hub.close()
})

test('a hub that asks for log lines is answered under its number; what is no such question is not', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  await types(hub.next, 4)
  const ask = { type: 'logs', id: 'q7', units: ['haproxy'], lines: 5 }
  for (const bad of [{ lines: 1e6 }, { units: ['sshd'] }, { after: 'a b' }, { id: '' }])
    hub.sockets[0]?.send(JSON.stringify({ ...ask, ...bad }))
  hub.sockets[0]?.send(JSON.stringify(ask))
  const answer = { lines: [], after: 'x', note: 'haproxy', error: '' }
  assert.deepEqual(await hub.next(), { type: 'logs', id: 'q7', ...answer })
  await uplink.close()
  await hub.close()
})

test('a hub that dies is dialled again and told everything anew', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  await types(hub.next, 4)
  hub.sockets[0]?.terminate()
  const again = types(hub.next, 4)
  while (hub.sockets.length < 2) {
    u.clock.advance(200)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await again, ['hello', 'abilities', 'heartbeat', 'report'])
  await uplink.close()
  await hub.close()
})

test('the hello carries the name that the cluster has now', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  assert.equal((await hub.next())['cluster'], 'c')
  await types(hub.next, 3)
  u.now.cluster = 'renamed'
  hub.sockets[0]?.terminate()
  const again = hub.next()
  while (hub.sockets.length < 2) {
    u.clock.advance(200)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal((await again)['cluster'], 'renamed')
  await uplink.close()
  await hub.close()
})

test('a silent peer is dead, whatever TCP says', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  await types(hub.next, 4)
  const [ws] = hub.sockets
  assert.ok(ws)
  const gone = once(ws, 'close')
  // One step of 6 s: no pong can have come within it.
  u.clock.advance(6_000)
  await gone
  await uplink.close()
  await hub.close()
})

test('no hub at all: no throw, one line in the log, and close ends at once', async () => {
  const hub = await listen()
  await hub.close()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  while (u.logs.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.match(u.logs[0] ?? '', /^cannot reach hub/)
  assert.equal(uplink.connected(), false)
  uplink.changed()
  await uplink.close()
  const bad = uplinkTo('not a url')
  await bad.start().close()
})

test('backoff has full jitter between 0.2 and 10 s', () => {
  const top = { between: (_: number, max: number) => max, id: () => '' }
  const low = { between: (min: number) => min, id: () => '' }
  assert.deepEqual(
    [0, 1, 2, 9].map((n) => backoffMs(n, top)),
    [400, 800, 1_600, 10_000],
  )
  assert.equal(backoffMs(9, low), 200)
})

test('the queue drops the oldest and counts them', () => {
  const queue = createEventQueue(2)
  for (const id of ['a', 'b', 'c']) queue.push({ id, at: 1, kind: 'agent', text: '' })
  assert.deepEqual(
    queue.peek(9).map((e) => e.id),
    ['b', 'c'],
  )
  assert.equal(queue.dropped(), 1)
})

test('a report too large for a frame loses servers, not the summary', () => {
  const report = reportOf(summaryOf('lb1'))
  const server = {
    pool: 'p',
    server: 's',
    status: 'UP',
    why: 'x'.repeat(200),
    weight: 1,
    sessions: 0,
  }
  const frame = reportFrame(1, { ...report, servers: Array(5_000).fill(server) }) ?? ''
  assert.ok(frame.length > 1_000 && Buffer.byteLength(frame) <= FRAME_BYTES_MAX)
  assert.equal(reportFrame(1, { ...report, agentVersion: 'x'.repeat(41) }), undefined)
  assert.equal(reportKey(report), reportKey({ ...report, passMs: 7 }))
})

test('where a spec failed from outside is passed on as a hint', async () => {
  const hub = await listen()
  const u = uplinkTo(hub.url)
  const uplink = u.start()
  await types(hub.next, 4)
  hub.sockets[0]?.send(JSON.stringify({ type: 'failed', node: 'lb1' }))
  hub.sockets[0]?.ping()
  while (u.failed.length === 0) await new Promise((done) => setImmediate(done))
  assert.deepEqual(u.failed, ['lb1'])
  await uplink.close()
  await hub.close()
})
