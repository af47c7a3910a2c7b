// Enrolment and roles over HTTP: what a node's own token may do, and that a revoked one is cut at once.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { bearer, join, SPEC, summaryOf, testHub, tokens } from './kit.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const OWN = 'own-token-of-lb1-own-token'

function bench() {
  const b = testHub()
  const send = async (
    path: string,
    value: unknown,
    token = tokens.operator,
    method = 'POST',
  ): Promise<{ status: number; said: Record<string, unknown> }> => {
    const body = method === 'DELETE' ? {} : { body: JSON.stringify(value) }
    const answer = await b.hub.app.request(path, { method, headers: bearer(token), ...body })
    return { status: answer.status, said: JSON.parse(await answer.text()) }
  }
  const joinToken = async (node?: string): Promise<string> => {
    const { status, said } = await send('/v1/join-tokens', {
      ttlMs: 60_000,
      ...(node === undefined ? {} : { node }),
    })
    assert.equal(status, 201)
    return String(said['token'])
  }
  const enrolled = async (node = 'lb1', own = OWN) => {
    const token = await joinToken()
    const got = await send('/v1/enrol', { node, tokenHash: hashOf(own) }, token)
    assert.equal(got.status, 201)
    const who = b.hub.admitSocket('/v1/agent', `Bearer ${own}`, '')
    assert.ok(typeof who === 'object')
    return who
  }
  return { ...b, send, joinToken, enrolled }
}

test("a node's own token reads specs and reports for that node, and nothing else", async () => {
  const b = bench()
  await b.push(SPEC, 0)
  const who = await b.enrolled()
  const status = async (path: string) => (await b.get(path, OWN)).status
  assert.equal(await status('/v1/spec'), 200)
  for (const path of ['/', '/v1/status', '/v1/events', '/v1/specs', '/v1/specs/1', '/v1/tokens'])
    assert.equal(await status(path), 403, path)
  assert.equal((await b.send('/v1/specs', {}, OWN)).status, 403)
  assert.equal((await b.send('/v1/join-tokens', {}, OWN)).status, 403)
  assert.deepEqual(join(b.hub, 'lb1', 'b1', who).closes, [])
  const other = join(b.hub, 'lb2', 'b1', who)
  assert.deepEqual(other.closes, [{ code: 1008, reason: 'this token is for lb1' }])
  b.hub.close()
})

test('a shared token does not speak for a node that has its own; others go on', async () => {
  const b = bench()
  await b.push(SPEC, 0)
  const old = join(b.hub, 'lb1')
  const neighbour = join(b.hub, 'lb2')
  await b.enrolled()
  assert.equal(old.closes.length, 1)
  assert.deepEqual(neighbour.closes, [])
  const again = join(b.hub, 'lb1')
  assert.match(again.closes[0]?.reason ?? '', /has a token of its own/)
  b.hub.close()
})

test('a join token opens nothing but enrolment, and is good once', async () => {
  const b = bench()
  const token = await b.joinToken('lb1')
  for (const path of ['/v1/spec', '/v1/status', '/v1/tokens'])
    assert.equal((await b.get(path, token)).status, 403)
  assert.equal(b.hub.admitSocket('/v1/agent', `Bearer ${token}`, ''), 403)
  const request = { node: 'lb1', tokenHash: hashOf(OWN) }
  assert.equal((await b.send('/v1/enrol', { ...request, node: 'lb2' }, token)).status, 409)
  assert.equal((await b.send('/v1/enrol', request, token)).status, 201)
  assert.equal((await b.send('/v1/enrol', request, token)).status, 201)
  const another = await b.send('/v1/enrol', { ...request, tokenHash: hashOf('x') }, token)
  assert.equal(another.status, 409)
  for (const wrong of [tokens.operator, tokens.agent])
    assert.equal((await b.send('/v1/enrol', request, wrong)).status, 403)
  assert.equal((await b.send('/v1/enrol', request, 'x'.repeat(32))).status, 401)
  b.hub.close()
})

test('revoking cuts the session and the stream that live by the token, and no other', async () => {
  const b = bench()
  await b.push(SPEC, 0)
  const who = await b.enrolled()
  const mine = join(b.hub, 'lb1', 'b1', who)
  const other = join(b.hub, 'lb2')
  const made = await b.send('/v1/tokens', { role: 'viewer', name: 'kim' })
  const stream = (await b.get('/v1/stream', String(made.said['token']))).body?.getReader()
  assert.ok(stream)
  await stream.read()
  assert.equal((await b.send('/v1/tokens/node-lb1', {}, tokens.operator, 'DELETE')).status, 200)
  assert.equal((await b.send('/v1/tokens/kim', {}, tokens.operator, 'DELETE')).status, 200)
  assert.equal(mine.closes[0]?.reason, 'this token is no longer good')
  assert.deepEqual(other.closes, [])
  let ended = false
  for (let n = 0; n < 20 && !ended; n++) ended = (await stream.read()).done
  assert.ok(ended)
  assert.equal(b.hub.admitSocket('/v1/agent', `Bearer ${OWN}`, ''), 401)
  assert.equal((await b.send('/v1/tokens/kim', {}, tokens.operator, 'DELETE')).status, 404)
  b.hub.close()
})

test('a token whose time is over is cut by the tick', async () => {
  const b = bench()
  const { said } = await b.send('/v1/tokens', { role: 'viewer', name: 'kim', ttlMs: 1_000 })
  const token = String(said['token'])
  const stream = (await b.get('/v1/stream', token)).body?.getReader()
  assert.ok(stream)
  await stream.read()
  b.clock.advance(1_000)
  b.hub.tick()
  let ended = false
  for (let n = 0; n < 20 && !ended; n++) ended = (await stream.read()).done
  assert.ok(ended)
  assert.equal((await b.get('/v1/status', token)).status, 401)
  b.hub.close()
})

test('who pushed stands in the revision and in the events, by the name of the token', async () => {
  const b = bench()
  const { said } = await b.send('/v1/tokens', { role: 'operator', name: 'ci' })
  const headers = { ...bearer(String(said['token'])), 'x-hactl-author': 'kim (shared-operator)' }
  await b.push(SPEC, 0, headers)
  assert.equal(b.store.newest()?.author, 'kim  shared-operator (ci)')
  const texts = b.store.events(1e9, 10).map((event) => event.text)
  assert.ok(texts.some((text) => /\(ci\) pushed revision 1$/.test(text)))
  assert.ok(texts.some((text) => text === 'shared-operator made the operator token ci'))
  assert.ok(!JSON.stringify(texts).includes(String(said['token'])))
  b.hub.close()
})

test('a bad request makes nothing', async () => {
  const b = bench()
  for (const value of [{}, [], { role: 'agent', name: 'x' }, { role: 'viewer', name: '../x' }])
    assert.equal((await b.send('/v1/tokens', value)).status, 400)
  assert.equal((await b.send('/v1/tokens', { name: 'x'.repeat(20_000) })).status, 413)
  assert.equal((await b.send('/v1/join-tokens', { ttlMs: 1e12 })).status, 400)
  assert.equal(b.saved.length, 0)
  const agent = join(b.hub, 'lb1')
  agent.say({ type: 'heartbeat', seq: 1, summary: summaryOf('lb1') })
  assert.deepEqual(agent.closes, [])
  b.hub.close()
})
