// Sources with a signature beside the spec: a change of either is new, and none is lost between the two.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { fileSource } from '../../../agent/source/file.ts'
import { httpSource } from '../../../agent/source/http.ts'
import { createFakeHost } from '../../fakes/host.ts'

const never = new AbortController().signal

test('a file and its signature: read together, new when either changes', async () => {
  const { host } = createFakeHost()
  await host.write('/srv/spec.json', 'one', 0o644)
  const from = fileSource('/srv/spec.json', host, true)
  const bare = { revision: 0, allow: [] }
  assert.deepEqual(await from.fetch(never), { body: 'one', ...bare })
  await host.write('/srv/spec.json.sig', 'by ada', 0o644)
  assert.deepEqual(await from.fetch(never), { body: 'one', ...bare, signature: 'by ada' })
  assert.equal(await from.fetch(never), undefined)
  await host.write('/srv/spec.json', 'two', 0o644)
  assert.deepEqual(await from.fetch(never), { body: 'two', ...bare, signature: 'by ada' })
  await host.write('/srv/spec.json.sig', 'x'.repeat(5_000), 0o644)
  await assert.rejects(from.fetch(never), /spec\.json\.sig: it is larger than/)
})

test('a web server with files: the signature is asked for beside the spec, each with its tag', async () => {
  const files = new Map([['/a/spec.json?v=1', 'one']])
  const asked: string[] = []
  let broken = false
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const body = files.get(path)
    const etag = `"${body}"`
    if (broken && path.includes('.sig')) response.writeHead(500).end()
    else if (body === undefined) response.writeHead(404).end()
    else if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, { etag }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  try {
    const url = `http://127.0.0.1:${port}/a/spec.json?v=1`
    const from = httpSource({ url, timeoutMs: 5_000, signed: true })
    const bare = { revision: 0, allow: [] }
    assert.deepEqual(await from.fetch(never), { body: 'one', ...bare })
    files.set('/a/spec.json.sig?v=1', 'by ada')
    assert.deepEqual(await from.fetch(never), { body: 'one', ...bare, signature: 'by ada' })
    assert.equal(await from.fetch(never), undefined)
    files.set('/a/spec.json?v=1', 'two')
    broken = true
    await assert.rejects(from.fetch(never), /server answered 500/)
    broken = false
    assert.deepEqual(await from.fetch(never), { body: 'two', ...bare, signature: 'by ada' })
    const without = httpSource({ url, timeoutMs: 5_000 })
    asked.length = 0
    await without.fetch(never)
    assert.deepEqual(asked, ['/a/spec.json?v=1'])
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
