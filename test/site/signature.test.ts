// The hub keeps a signature with its revision and hands it on; it judges only whether the two fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpSource } from '../../agent/source/http.ts'
import { parsePrivateKey, privateKeyText } from '../../spec/trust/ssh-key.ts'
import { signSsh } from '../../spec/trust/sshsig.ts'
import { bearer, SPEC, testHub, tokens } from './kit.ts'

const key = parsePrivateKey(privateKeyText({ seed: Buffer.alloc(32, 3), check: 1, comment: '' }))

function bench() {
  const { hub } = testHub()
  const push = (parent: number, signature: string, body = SPEC) =>
    hub.app.request('/v1/specs', {
      method: 'POST',
      headers: {
        ...bearer(tokens.operator),
        'if-match': String(parent),
        ...(signature !== '' && { 'x-hactl-signature': Buffer.from(signature).toString('base64') }),
      },
      body,
    })
  const get = async (path: string) => hub.app.request(path, { headers: bearer(tokens.operator) })
  return { hub, push, get }
}

test('stored with the revision, given to agents and to rollback, its key named in the history', async () => {
  const { hub, push, get } = bench()
  const signature = signSsh(key, 'hactl-spec', SPEC)
  assert.equal((await push(0, '')).status, 201)
  assert.equal(
    (await push(1, signature)).status,
    201,
    'the same text, now signed, is a new revision',
  )
  assert.equal((await push(2, signature)).status, 200, 'the very same again is not')
  for (const path of ['/v1/spec', '/v1/specs/2']) {
    const answer = await get(path)
    await answer.body?.cancel()
    const given = Buffer.from(answer.headers.get('x-hactl-signature') ?? '', 'base64')
    assert.equal(given.toString(), signature)
  }
  assert.equal((await get('/v1/specs/1')).headers.get('x-hactl-signature'), null)
  const list: { signer?: string }[] = JSON.parse(await (await get('/v1/specs')).text())
  assert.deepEqual(
    list.map(({ signer }) => signer),
    [key.public.fingerprint, undefined],
  )
  hub.close()
})

test('a signature that no node could believe is not taken', async () => {
  const { hub, push, get } = bench()
  for (const bad of [
    signSsh(key, 'hactl-spec', `${SPEC} `),
    signSsh(key, 'file', SPEC),
    'nothing',
    'x'.repeat(9_000),
  ]) {
    const answer = await push(0, bad)
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /cannot take x-hactl-signature/)
  }
  assert.equal((await get('/v1/spec')).status, 404)
  hub.close()
})

test('the agent reads it from the answer', async () => {
  const { hub, push, get } = bench()
  const signature = signSsh(key, 'hactl-spec', SPEC)
  await push(0, signature)
  const real = globalThis.fetch
  globalThis.fetch = async () => get('/v1/spec')
  try {
    const source = httpSource({ url: 'http://hub.example.org/v1/spec', timeoutMs: 1_000 })
    const fetched = await source.fetch(new AbortController().signal)
    assert.equal(fetched?.signature, signature)
    assert.equal(fetched?.body, SPEC)
  } finally {
    globalThis.fetch = real
  }
  hub.close()
})
