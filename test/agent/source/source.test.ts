// Sources against a real server that is well, slow, broken, huge or lying.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Secret } from '../../../spec/secret.ts'
import { httpSource, hubSource } from '../../../agent/source/http.ts'
import { SPEC_BYTES_MAX } from '../../../spec/limits.ts'

const never = new AbortController().signal
async function serving(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  try {
    await work(`http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/spec`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
const source = (url: string, timeoutMs = 5_000) => httpSource({ url, timeoutMs })

test('a tag makes the second fetch undefined, a new one is read again', async () => {
  let etag = '"1"'
  await serving(
    (request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
      else response.writeHead(200, { etag }).end(`body ${etag}`)
    },
    async (url) => {
      const from = source(url)
      assert.deepEqual(await from.fetch(never), { body: 'body "1"', revision: 0, allow: [] })
      assert.equal(await from.fetch(never), undefined)
      etag = '"2"'
      assert.equal((await from.fetch(never))?.body, 'body "2"')
    },
  )
})

test('the hub: path, token, revision and overrides; an older revision is handed on for trust to judge', async () => {
  let revision = 5
  await serving(
    (request, response) => {
      assert.equal(request.url, '/v1/spec')
      assert.equal(request.headers.authorization, 'Bearer t')
      response
        .writeHead(200, { 'x-hactl-revision': revision, 'x-hactl-allow': 'blink,empty' })
        .end('{}')
    },
    async (url) => {
      const from = hubSource({
        url: new URL(url).origin,
        token: () => new Secret('t'),
        timeoutMs: 5_000,
      })
      assert.deepEqual(await from.fetch(never), {
        body: '{}',
        revision: 5,
        allow: ['blink', 'empty'],
      })
      revision = 3
      assert.equal((await from.fetch(never))?.revision, 3)
    },
  )
})

const BAD: Readonly<Record<string, readonly [RegExp, (response: ServerResponse) => void]>> = {
  '5xx': [/server answered 503/, (r) => r.writeHead(503).end('x')],
  '404': [/no spec there/, (r) => r.writeHead(404).end()],
  'a 304 nobody asked for': [/server answered 304/, (r) => r.writeHead(304).end()],
  'too large': [/larger than/, (r) => r.end(Buffer.alloc(SPEC_BYTES_MAX + 1, 32))],
  'a small answer that unfolds': [
    /larger than/,
    (r) =>
      r
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(SPEC_BYTES_MAX * 20, 32))),
  ],
  'not UTF-8': [/encoded data was not valid/, (r) => r.end(Buffer.from([0xff, 0xfe]))],
  'a revision that is none': [
    /x-hactl-revision/,
    (r) => r.writeHead(200, { 'x-hactl-revision': '-1' }).end('{}'),
  ],
  'an override that is none': [
    /x-hactl-allow/,
    (r) => r.writeHead(200, { 'x-hactl-allow': 'A B' }).end('{}'),
  ],
  'cut in the middle': [
    /cannot fetch/,
    (r) => {
      r.writeHead(200, { 'content-length': 100, etag: '"x"' }).write('{"ver')
      setImmediate(() => r.destroy())
    },
  ],
}
for (const [name, [message, answer]] of Object.entries(BAD))
  test(`cannot fetch: ${name}`, () =>
    serving(
      (_, response) => answer(response),
      async (url) => {
        await assert.rejects(source(url).fetch(never), message)
        await assert.rejects(source(url).fetch(never), /^Error: cannot fetch http/)
      },
    ))

test('a server that never answers, or is not there, ends in time', () =>
  serving(
    () => {},
    async (url) => {
      await assert.rejects(source(url, 30).fetch(never), /cannot fetch .*timeout/)
      const stop = new AbortController()
      const asking = source(url).fetch(stop.signal)
      stop.abort(new Error('agent stops'))
      await assert.rejects(asking, /agent stops/)
      await assert.rejects(source('http://127.0.0.1:1/').fetch(never), /cannot fetch/)
    },
  ))
