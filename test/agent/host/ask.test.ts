import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { askSocket } from '../../../agent/host/ask.ts'
import { httpGet, tcpConnects } from '../../../agent/host/get.ts'
import { ANSWER_BYTES_MAX } from '../../../agent/host/limits.ts'
import { temporaryDirectory } from './temporary.ts'

/** A runtime API that answers as told; undefined: never. */
async function api(context: TestContext, answer: (command: string) => string | undefined) {
  const path = `${await temporaryDirectory(context)}/api.sock`
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const says = answer(data.toString())
      if (says !== undefined) socket.end(says)
    })
    context.after(() => socket.destroy())
  })
  context.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return path
}

test('the whole answer, of any length', async (context) => {
  const path = await api(context, (command) => `${command}${'x'.repeat(300_000)}`)
  assert.equal(await askSocket(path, 'show info'), `show info\n${'x'.repeat(300_000)}`)
})

test('silence, excess, absence and a second line are errors', async (context) => {
  await assert.rejects(
    askSocket(await api(context, () => undefined), 'x', 30),
    /no answer in 30 ms/,
  )
  const excess = await api(context, () => 'x'.repeat(ANSWER_BYTES_MAX + 1))
  await assert.rejects(askSocket(excess, 'x'), /cannot ask .*: more than/)
  await assert.rejects(askSocket('/nowhere/api.sock', 'x'), { name: 'HostError', code: 'ENOENT' })
  await assert.rejects(askSocket(excess, 'show info\nshutdown sessions'), /more than one line/)
})

test('HTTP over TCP and over a unix socket, without following redirects', async (context) => {
  const path = `${await temporaryDirectory(context)}/http.sock`
  const respond = createHttpServer((request, response) => {
    response.writeHead(302, { location: '/else', 'x-asked': request.url ?? '' }).end('moved')
  })
  context.after(() => respond.close())
  await new Promise<void>((resolve) => respond.listen(path, resolve))
  const answer = await httpGet(`unix:${path}:/health?a=1`, {}, 2_000)
  assert.equal(answer.status, 302)
  assert.equal(answer.body, 'moved')
  assert.equal(answer.headers['x-asked'], '/health?a=1')
})

test('no answer is status 0: refused, silent, not HTTP, not a URL', async (context) => {
  const silent = createServer(() => undefined)
  context.after(() => silent.close())
  silent.unref()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  assert.ok(address !== null && typeof address === 'object')
  const { port } = address
  const none = { status: 0, body: '', headers: {} }
  assert.deepEqual(await httpGet(`http://127.0.0.1:${port}/`, {}, 30), none)
  assert.equal(await tcpConnects('127.0.0.1', port, 1_000), true)
  for (const url of ['http://127.0.0.1:1/', 'unix:/nowhere:/', 'ftp://x/', 'nonsense']) {
    assert.deepEqual(await httpGet(url, {}, 1_000), none, url)
  }
  assert.equal(await tcpConnects('127.0.0.1', 1, 1_000), false)
})
