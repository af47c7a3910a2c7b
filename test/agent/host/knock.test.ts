import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { test, type TestContext } from 'node:test'
import { knock } from '../../../agent/host/knock.ts'

async function portOf(t: TestContext, server: ReturnType<typeof createTcp>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const at = server.address()
  return at !== null && typeof at === 'object' ? at.port : assert.fail()
}
const ask = (port: number, how: 'connect' | 'http' | 'https', path = '/', timeoutMs = 1_000) =>
  knock({ how, address: '127.0.0.1', port, path, host: 'www.example.org' }, timeoutMs)

test('the class of the status, with path and host as asked; the body is never waited for', async (t) => {
  const heard: string[] = []
  const port = await portOf(
    t,
    createServer((request, response) => {
      heard.push(`${request.method} ${request.headers.host} ${request.url}`)
      response.writeHead(request.url === '/gone' ? 404 : 200).write('begins')
    }),
  )
  assert.equal(await ask(port, 'http', '/static'), 2)
  assert.equal(await ask(port, 'http', '/gone'), 4)
  assert.deepEqual(heard, ['GET www.example.org /static', 'GET www.example.org /gone'])
})

test('a connection is an answer where only that is asked; silence, garbage and a closed port are none', async (t) => {
  const port = await portOf(
    t,
    createTcp((socket) => void socket.resume()),
  )
  const garbage = await portOf(
    t,
    createTcp((socket) => void socket.end('no http\r\n\r\n')),
  )
  assert.equal(await ask(port, 'connect'), 1)
  assert.equal(await ask(port, 'http', '/', 50), 0)
  assert.equal(await ask(port, 'https', '/', 50), 0)
  assert.equal(await ask(garbage, 'http'), 0)
  assert.equal(await ask(1, 'connect'), 0)
})
