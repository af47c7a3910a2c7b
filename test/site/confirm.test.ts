// Commit-confirm at the hub: what is handed to agents, who is told, and when it is too late.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, join, SPEC, specWith, summaryOf, testHub, tokens } from './kit.ts'

type Hub = ReturnType<typeof testHub>

const pushWaiting = ({ push }: Hub, text: string, parent: number, window: string) =>
  push(text, parent, { 'x-hactl-confirm': window })
const confirm = ({ hub }: Hub, revision: string) =>
  hub.app.request('/v1/confirm', {
    method: 'POST',
    headers: { ...bearer(tokens.operator), 'if-match': revision },
  })
const leftFor = async ({ get }: Hub) => (await get('/v1/spec')).headers.get('x-hactl-confirm')

test('agents are told what is left of the time, and nothing more once it is confirmed', async () => {
  const made = testHub()
  await made.push(SPEC, 0)
  assert.equal(await leftFor(made), null)
  assert.equal((await pushWaiting(made, specWith(1), 1, '60000')).status, 201)
  made.clock.advance(20_000)
  assert.equal(await leftFor(made), '40000')
  assert.equal((await confirm(made, '"2"')).status, 201)
  assert.equal(await leftFor(made), null)
  assert.equal((await confirm(made, '"2"')).status, 200)
  made.hub.close()
})

test('agents hear of it at once, and the ones that come later too', async () => {
  const made = testHub()
  await made.push(SPEC, 0)
  await pushWaiting(made, specWith(1), 1, '60000')
  const early = join(made.hub, 'lb1')
  await confirm(made, '2')
  const late = join(made.hub, 'lb2')
  for (const { sent } of [early, late])
    assert.ok(sent.some((text) => text === JSON.stringify({ type: 'confirmed', revision: 2 })))
  made.hub.close()
})

test('too late is said: a late agent gets no new time, the same spec may be pushed again', async () => {
  const made = testHub()
  await made.push(SPEC, 0)
  await pushWaiting(made, specWith(1), 1, '60000')
  made.clock.advance(60_000)
  assert.equal(await leftFor(made), '0')
  const answer = await confirm(made, '2')
  assert.equal(answer.status, 409)
  assert.match(await answer.text(), /its time is over/)
  assert.equal((await made.push(specWith(1), 2)).status, 201)
  assert.equal(await leftFor(made), null)
  made.hub.close()
})

test('only the newest revision can be confirmed, and only a sane window is taken', async () => {
  const made = testHub()
  assert.equal((await confirm(made, '1')).status, 409)
  assert.equal((await confirm(made, 'all')).status, 428)
  await made.push(SPEC, 0)
  for (const window of ['4999', '86400001', '-1', '1e4x', '', 'Infinity'])
    assert.equal((await pushWaiting(made, specWith(1), 1, window)).status, 400, window)
  await pushWaiting(made, specWith(1), 1, '60000')
  await made.push(specWith(2), 2)
  assert.equal((await confirm(made, '2')).status, 409)
  made.hub.close()
})

test('confirmed on a node while the hub was dead: the hub takes its word, also after the time, and tells the others', async () => {
  const made = testHub()
  await made.push(SPEC, 0)
  await pushWaiting(made, specWith(1), 1, '60000')
  made.clock.advance(90_000)
  const other = join(made.hub, 'lb2')
  const { say } = join(made.hub, 'lb1')
  say({ type: 'heartbeat', seq: 1, summary: { ...summaryOf('lb1'), confirmedRevision: 1 } })
  assert.equal(await leftFor(made), '0')
  say({ type: 'heartbeat', seq: 2, summary: { ...summaryOf('lb1'), confirmedRevision: 2 } })
  assert.equal(await leftFor(made), null)
  assert.ok(other.sent.includes(JSON.stringify({ type: 'confirmed', revision: 2 })))
  made.hub.close()
})
