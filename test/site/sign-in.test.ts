// A browser's way in: the form, the cookie that only looks, and what the form does not let through.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SPEC, testHub, tokens } from './kit.ts'

const HTML = { accept: 'text/html,application/xhtml+xml' }
const form = (fields: Readonly<Record<string, string>>, more = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
  body: new URLSearchParams(fields).toString(),
})

test('a page without a token is a form for a browser, and JSON for anything else', async () => {
  const { hub } = testHub()
  const answer = await hub.app.request('/events', { headers: HTML })
  const text = await answer.text()
  assert.equal(answer.status, 401)
  assert.match(
    text,
    /<form method="post" action="\/login"><input type="hidden" name="to" value="\/events">/,
  )
  assert.match(answer.headers.get('content-security-policy') ?? '', /form-action 'self'/)
  const json = await hub.app.request('/events')
  assert.match(json.headers.get('content-type') ?? '', /json/)
  assert.match(
    (await hub.app.request('/v1/status', { headers: HTML })).headers.get('content-type') ?? '',
    /json/,
  )
  hub.close()
})

test('a token of a viewer or better becomes a cookie that only looks; signing out takes it back', async () => {
  const { hub, push } = testHub()
  await push(SPEC, 0)
  const answer = await hub.app.request(
    '/login',
    form({ token: ` ${tokens.operator} `, to: '/revisions/1' }),
  )
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.get('location'), '/revisions/1')
  const set = answer.headers.get('set-cookie') ?? ''
  assert.match(set, /^hactl=.*HttpOnly; SameSite=Strict/)
  assert.equal(set.includes(tokens.operator), false)
  const jar = { cookie: set.split(';')[0] ?? '', ...HTML }
  const page = await (await hub.app.request('/', { headers: jar })).text()
  assert.match(
    page,
    /signed in: shared-viewer.*action="\/logout"|action="\/logout".*signed in: shared-viewer/,
  )
  const out = await hub.app.request('/logout', form({}, jar))
  assert.match(out.headers.get('set-cookie') ?? '', /^hactl=; .*Max-Age=0/)
  hub.close()
})

test('the form leads nowhere but to a page of the hub', async () => {
  const { hub } = testHub()
  for (const to of [
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    '/v1/specs',
    '',
    `/${'a'.repeat(300)}`,
  ]) {
    const answer = await hub.app.request('/login', form({ token: tokens.viewer, to }))
    assert.equal(answer.headers.get('location'), '/', to)
  }
  hub.close()
})

test('wrong tokens in the form are slowed down, and use up no rate of operators', async () => {
  const { hub, push } = testHub()
  const wrong = () => hub.app.request('/login', form({ token: 'wrong-wrong-wrong-wrong' }))
  for (let n = 0; n < 30; n++) assert.equal((await wrong()).status, 401)
  for (let n = 0; n < 100; n++) assert.equal((await wrong()).status, 429)
  assert.equal((await push(SPEC, 0)).status, 201)
  hub.close()
})

test('no cookie for nothing, another site, too much, or a token that may not look', async () => {
  const { hub, book } = testHub()
  const joined = book.join({ ttlMs: 1_000, by: 'test' })
  assert.ok('token' in joined)
  const tries = [
    [form({}), 400],
    [form({ token: tokens.viewer }, { 'sec-fetch-site': 'cross-site' }), 403],
    [form({ token: tokens.viewer, to: 'x'.repeat(5_000) }), 400],
    [form({ token: joined.token.reveal() }), 403],
  ] as const
  for (const [request, status] of tries) {
    const answer = await hub.app.request('/login', request)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  hub.close()
})
