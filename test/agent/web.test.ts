// A web server behind the operator's own CA that wants a header of its own: over real TLS, both read anew each time.
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { test } from 'node:test'
import { httpSource } from '../../agent/source/http.ts'
import { webFetch } from '../../agent/web.ts'
import { authorityHere } from '../site/tls/kit.ts'
import { temporaryDirectory } from './host/temporary.ts'

const never = new AbortController().signal

test('a spec comes from a server of that CA, with that header; another CA, no file or an open file are said', async (t) => {
  const { authority } = await authorityHere(t)
  const stranger = await authorityHere(t)
  const { key, cert } = await authority.forHub([{ type: 'ip', value: '127.0.0.1' }])
  const heard: (string | undefined)[] = []
  const server = createServer({ key, cert }, (request, response) => {
    heard.push(request.headers['authorization'])
    if (request.url === '/moved') response.writeHead(302, { location: '/spec.json' }).end()
    else response.writeHead(200, { etag: '"1"' }).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const directory = await temporaryDirectory(t)
  const [ca, secret] = [join(directory, 'ca.pem'), join(directory, 'auth')]
  writeFileSync(ca, authority.certificate)
  writeFileSync(secret, 'Basic a2ltOnNlY3JldA==\n', { mode: 0o600 })
  const ask = (path = '/spec.json', pem = ca, place = secret) =>
    httpSource({
      url: `https://127.0.0.1:${port}${path}`,
      timeoutMs: 5_000,
      fetch: webFetch({ ca: pem, headers: { authorization: `file:${place}` } }),
    }).fetch(never)
  assert.equal((await ask())?.body, '{}')
  writeFileSync(secret, 'Bearer renewed\n')
  assert.equal((await ask())?.body, '{}')
  assert.deepEqual(heard, ['Basic a2ltOnNlY3JldA==', 'Bearer renewed'])
  await assert.rejects(ask('/moved'), /server answered 302/)
  const other = join(directory, 'other.pem')
  writeFileSync(other, stranger.authority.certificate)
  await assert.rejects(ask('/spec.json', other), /cannot fetch .*: .*CA/)
  await assert.rejects(ask('/spec.json', join(directory, 'gone.pem')), /CA file .* does not exist/)
  writeFileSync(other, 'no certificate')
  await assert.rejects(ask('/spec.json', other), /no certificate in/)
  chmodSync(secret, 0o644)
  await assert.rejects(ask(), (error: Error) => {
    assert.match(error.message, /cannot fetch .*auth/)
    assert.equal(error.message.includes('renewed'), false)
    return true
  })
  assert.equal(heard.length, 3, 'nobody else was told the header')
})
