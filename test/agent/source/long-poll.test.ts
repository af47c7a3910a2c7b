// A server that holds questions until something is new, ones that do not, and ones that lie about it.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { background } from '../../../agent/source/background.ts'
import { httpSource } from '../../../agent/source/http.ts'
import { fakeClock } from '../../fakes/clock.ts'
import { until } from '../host/temporary.ts'

const WAIT_S = 20
const never = new AbortController().signal

/** What the n-th question is answered, and how long the clock says that it was held. */
type Reply = (
  request: IncomingMessage,
  response: ServerResponse,
  pass: (ms: number) => void,
) => void
async function server(t: TestContext, reply: Reply, waitS = WAIT_S) {
  const prefers: (string | undefined)[] = []
  let now = 0
  const http = createServer((request, response) => {
    const prefer = request.headers['prefer']
    prefers.push(typeof prefer === 'string' ? prefer : undefined)
    reply(request, response, (ms) => {
      now += ms
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  t.after(() => http.close())
  t.after(() => http.closeAllConnections())
  const at = http.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const url = `http://127.0.0.1:${port}/spec.json`
  return { prefers, source: httpSource({ url, timeoutMs: 5_000, waitS, monotonic: () => now }) }
}
const full = (response: ServerResponse, headers: Readonly<Record<string, string>> = {}) =>
  response.writeHead(200, { etag: '"1"', ...headers }).end('{}')

test('the first question does not wait, the next ones do; a server that holds them holds', async (t) => {
  const { prefers, source } = await server(t, (request, response, pass) => {
    if (request.headers['if-none-match'] === undefined) return full(response)
    pass(WAIT_S * 1_000)
    response.writeHead(304).end()
  })
  assert.equal((await source.fetch(never))?.body, '{}')
  assert.equal(source.holds(), true, 'not known yet')
  assert.equal(await source.fetch(never), undefined)
  assert.equal(source.holds(), true)
  assert.deepEqual(prefers, [undefined, `wait=${WAIT_S}`])
})

const SHORT: Readonly<Record<string, Reply>> = {
  'answers at once that nothing is new': (request, response) =>
    request.headers['if-none-match'] === undefined ? full(response) : response.writeHead(304).end(),
  'says that it held, and did not': (request, response) =>
    request.headers['if-none-match'] === undefined
      ? full(response)
      : response.writeHead(304, { 'preference-applied': 'wait=20' }).end(),
  'has no tags': (_, response) => response.writeHead(200).end('{}'),
  'is away after a while': (request, response) =>
    request.headers['if-none-match'] === undefined ? full(response) : response.writeHead(503).end(),
}
for (const [what, reply] of Object.entries(SHORT))
  test(`one that ${what} is not asked again at once`, async (t) => {
    const { source } = await server(t, reply)
    await source.fetch(never)
    await source.fetch(never).catch(() => undefined)
    assert.equal(source.holds(), false)
  })

test('something new while it held, said at once: the next question may follow', async (t) => {
  let asked = 0
  const { source } = await server(t, (_, response) => {
    asked++
    full(response, asked > 1 ? { 'preference-applied': 'wait', etag: '"2"' } : {})
  })
  await source.fetch(never)
  assert.equal((await source.fetch(never))?.body, '{}')
  assert.equal(source.holds(), true)
})

test('without a wait nothing is preferred', async (t) => {
  const { prefers, source } = await server(t, (_, response) => full(response), 0)
  await source.fetch(never)
  await source.fetch(never)
  assert.deepEqual(prefers, [undefined, undefined])
  assert.equal(source.holds(), false)
})

test('where questions are held the next look begins by itself, once a second at most; else at its pace', async () => {
  const clock = fakeClock()
  const waiting: (() => void)[] = []
  let held = true
  const stop = new AbortController()
  const source = background(
    { name: 'held', fetch: () => new Promise((give) => waiting.push(() => give(undefined))) },
    {
      ...{ clock, everyMs: 60_000, signal: stop.signal, wake: () => undefined },
      ...{ random: { between: (min: number) => min, id: () => 'x' }, holds: () => held },
    },
  )
  await source.fetch(stop.signal)
  const begun = clock.monotonic()
  waiting[0]?.()
  await until('the next look', () => waiting.length === 2)
  assert.ok(clock.monotonic() - begun >= 1_000)
  held = false
  waiting[1]?.()
  await until('the look is over', async () => {
    await source.fetch(stop.signal)
    return true
  })
  assert.equal(waiting.length, 2)
  stop.abort()
})
