// The HTTP surface: who may what, compare-and-swap, tags, bad input, a store that cannot write.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { routes } from '../../site/routes.ts'
import { openStore, StoreError } from '../../site/store.ts'
import { SPEC_BYTES_MAX } from '../../spec/limits.ts'
import { ClusterStatus } from '../../spec/status.ts'
import { bearer, join, SPEC, specWith, testHub, tokens } from './kit.ts'

test('the route table is the golden file', () => {
  const table = routes.map((r) => `${r.method} ${r.path} ${r.access}\n`).join('')
  assert.equal(table, readFileSync('test/cases/hub/routes.txt', 'utf8'))
})

const MAY = {
  anyone: ['', 'viewer', 'operator', 'agent'],
  signer: [],
  viewer: ['viewer', 'operator', 'agent'],
  operator: ['operator'],
  joiner: [],
  agent: ['operator', 'agent'],
} as const
const TOKEN: Readonly<Record<string, string>> = {
  ...tokens,
  '': '',
  wrong: 'wrong-wrong-wrong-wrong-wrong',
}

for (const route of routes.filter((r) => r.method !== 'WS'))
  test(`${route.method} ${route.path} lets in only who may`, async () => {
    const { hub } = testHub()
    for (const who of ['', 'wrong', 'viewer', 'operator', 'agent']) {
      const headers = who === '' ? {} : bearer(TOKEN[who] ?? '')
      const answer = await hub.app.request(route.path, { method: route.method, headers })
      await answer.body?.cancel()
      const may = route.access === 'anyone' || [...MAY[route.access]].some((w: string) => w === who)
      const refused = answer.status === 401 || answer.status === 403
      assert.equal(!refused, may, `${who || 'nobody'} got ${answer.status}`)
    }
    hub.close()
  })

test('the agent socket lets in agents and nothing else', () => {
  const { hub } = testHub({ open: true })
  const ask = (token: string, path = '/v1/agent') => hub.admitSocket(path, `Bearer ${token}`, '')
  assert.deepEqual(ask(tokens.agent), { role: 'agent', name: 'shared-agent', id: 'shared-agent' })
  assert.equal(ask(tokens.viewer), 403)
  assert.equal(ask('x'), 401)
  assert.equal(ask(tokens.agent, '/v1/status'), 404)
  hub.close()
})

test('an open hub shows to viewers on an address, not to another name, and takes no push', async () => {
  const { hub } = testHub({ open: true })
  const at = async (host: string, path = '/v1/status') =>
    (await hub.app.request(`http://${host}${path}`)).status
  assert.equal(await at('127.0.0.1:9400'), 200)
  assert.equal(await at('localhost:9400'), 200)
  assert.equal(await at('evil.example.org'), 401)
  assert.equal(await at('127.0.0.1', '/v1/spec'), 401)
  assert.equal((await hub.app.request('http://127.0.0.1/v1/specs', { method: 'POST' })).status, 401)
  hub.close()
})

test('wrong tokens are slowed down', async () => {
  const { hub, get } = testHub()
  for (let n = 0; n < 30; n++) assert.equal((await get('/v1/status', 'nope')).status, 401)
  assert.equal((await get('/v1/status', 'nope')).status, 429)
  assert.equal((await get('/v1/status')).status, 200)
  hub.close()
})

test('of racing pushes from one parent exactly one wins', async () => {
  const { hub, push, get } = testHub()
  const answers = await Promise.all([1, 2, 3, 4].map((n) => push(specWith(n), 0)))
  assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409, 409, 409])
  const lost: unknown = await answers.find((a) => a.status === 409)?.json()
  assert.ok(typeof lost === 'object' && lost !== null && 'revision' in lost && lost.revision === 1)
  const revisions: unknown = await (await get('/v1/specs')).json()
  assert.ok(Array.isArray(revisions) && revisions.length === 1)
  hub.close()
})

test('a push said twice is one revision; another override makes a new one with a new tag', async () => {
  const { hub, push, get } = testHub()
  assert.equal((await push(SPEC, 0, { 'x-hactl-author': 'j%C3%BCrgen' })).status, 201)
  assert.equal((await push(SPEC, 0)).status, 200)
  const first = await get('/v1/spec', tokens.agent)
  assert.equal(await first.text(), SPEC)
  const etag = first.headers.get('etag') ?? ''
  assert.equal((await get('/v1/spec', tokens.agent, { 'if-none-match': etag })).status, 304)
  assert.equal((await push(SPEC, 1, { 'x-hactl-allow': 'blink' })).status, 201)
  const second = await get('/v1/spec', tokens.agent, { 'if-none-match': etag })
  assert.equal(second.status, 200)
  assert.equal(second.headers.get('x-hactl-allow'), 'blink')
  assert.equal(second.headers.get('x-hactl-revision'), '2')
  const [, oldest] = [...JSON.parse(await (await get('/v1/specs')).text())]
  assert.equal(oldest.author, 'jürgen (shared-operator)')
  assert.equal(await (await get('/v1/specs/1')).text(), SPEC)
  hub.close()
})

test('bad pushes are refused with the reason and change nothing', async () => {
  const { hub, push, get } = testHub()
  const headers = bearer(tokens.operator)
  const bare = await hub.app.request('/v1/specs', { method: 'POST', body: SPEC, headers })
  assert.equal(bare.status, 428)
  assert.equal((await push(SPEC, 0, { 'if-match': 'abc' })).status, 400)
  assert.equal((await push(SPEC, 0, { 'x-hactl-allow': 'rm -rf' })).status, 400)
  assert.equal((await push(SPEC, 7)).status, 409)
  assert.equal((await push(' '.repeat(SPEC_BYTES_MAX + 1), 0)).status, 413)
  for (const text of ['', '{', SPEC.slice(0, 200), SPEC.replace('"port": 80,', '"port": 0,')]) {
    const answer = await push(text, 0)
    assert.equal(answer.status, 422)
    assert.ok((await answer.text()).includes('"diagnostics":[{'))
  }
  const body = new Uint8Array([0xff, 0xfe, 0x00])
  const binary = await hub.app.request('/v1/specs', {
    method: 'POST',
    body,
    headers: { ...headers, 'if-match': '0' },
  })
  assert.equal(binary.status, 400)
  assert.equal((await get('/v1/spec')).status, 404)
  assert.equal((await get('/v1/specs/1')).status, 404)
  assert.equal((await get('/v1/specs/..%2f')).status, 404)
  assert.equal((await get('/v1/events?before=x')).status, 400)
  assert.equal((await get('/nothing')).status, 404)
  hub.close()
})

test('a full disk: pushes get 503, reading goes on, agents keep their events', async () => {
  const store = openStore(':memory:')
  const full = () => {
    throw new StoreError('store', new Error('database or disk is full'))
  }
  const { hub, push, get } = testHub({
    store: { ...store, push: full, addEvents: full, saveHolders: full },
  })
  const answer = await push(SPEC, 0)
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /disk is full; nothing was changed/)
  const agent = join(hub, 'lb1')
  agent.say({ type: 'events', events: [{ id: 'e', at: 1, kind: 'agent', text: 't' }] })
  assert.deepEqual([agent.sent, agent.closes], [[], []])
  assert.match(await (await get('/v1/health')).text(), /cannot write/)
  assert.equal((await get('/v1/status')).status, 200)
  hub.close()
})

test('status is what its schema says, and every answer carries the security headers', async () => {
  const { hub, push, get } = testHub()
  await push(SPEC, 0)
  const answer = await get('/v1/status')
  assert.ok(Value.Check(ClusterStatus, await answer.json()))
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  hub.close()
})

test('the page escapes what nodes say and hands out a cookie that only looks', async () => {
  const { hub, push } = testHub()
  await push(SPEC, 0)
  const agent = join(hub, 'lb1')
  const events = [{ id: 'e', at: 1, kind: 'agent', text: '<script>alert(1)</script>' }]
  agent.say({ type: 'events', events })
  const answer = await hub.app.request(`/?token=${tokens.operator}`)
  const text = await answer.text()
  assert.ok(!text.includes('<script>alert') && text.includes('&lt;script&gt;alert(1)'))
  const cookie = answer.headers.get('set-cookie') ?? ''
  assert.match(cookie, /^hactl=viewer-.*HttpOnly; SameSite=Strict/)
  const jar = { cookie: cookie.split(';')[0] ?? '' }
  assert.equal((await hub.app.request('/', { headers: jar })).status, 200)
  const post = await hub.app.request('/v1/specs', {
    method: 'POST',
    headers: { cookie: `hactl=${tokens.operator}` },
  })
  assert.equal(post.status, 401)
  hub.close()
})

test('the stream begins with the whole status and coalesces what follows', async () => {
  const { hub, clock, get } = testHub()
  const answer = await get('/v1/stream')
  const reader = answer.body?.getReader()
  assert.ok(reader)
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.match(await next(), /^retry/)
  assert.match(await next(), /^event: status\ndata: \{"now":/)
  clock.advance(200)
  for (let n = 0; n < 50; n++) join(hub, `n${n}`).say({})
  clock.advance(200)
  hub.tick()
  assert.match(await next(), /^event: status/)
  await reader.cancel()
  hub.close()
})

test('a store that fails is an alert that says so, on every page; it is tried until it works', async () => {
  const store = openStore(':memory:')
  let full = false
  const maybe =
    <A extends readonly unknown[], R>(work: (...all: A) => R) =>
    (...all: A): R => {
      if (full) throw new StoreError('store the spec', new Error('database or disk is full'))
      return work(...all)
    }
  const { hub, push, get, clock, logs } = testHub({
    store: { ...store, push: maybe(store.push), tryWrite: maybe(store.tryWrite) },
  })
  assert.equal((await push(SPEC, 0)).status, 201)
  clock.advance(4_000)
  hub.tick()
  full = true
  const refused = await push(specWith(1), 1)
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /disk is full; nothing was changed, reading goes on/)
  hub.tick()
  assert.match(await (await get('/v1/status')).text(), /"id":"store:hub"/)
  assert.match(
    await (await get('/v1/alerts')).text(),
    /the hub cannot write: cannot store the spec/,
  )
  assert.match(await (await get('/')).text(), /the hub cannot write/)
  assert.match(await (await get('/v1/health')).text(), /"store":"cannot write"/)
  full = false
  clock.advance(5_000)
  hub.tick()
  hub.tick()
  assert.doesNotMatch(await (await get('/v1/status')).text(), /store:hub/)
  assert.match(await (await get('/v1/health')).text(), /"store":"ok"/)
  assert.equal((await push(specWith(1), 1)).status, 201)
  assert.match(logs.join(), /disk is full,.*writing works again/)
  hub.close()
})
