// Webhooks of git servers: who signs is heard, agents are told at most once a second, and nothing of the body is believed.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as at } from 'node:path'
import { test } from 'node:test'
import { loadHookSecret } from '../../site/hook-secret.ts'
import { HOOK_SECRET, join, testHub } from './kit.ts'

const BODY = '{"ref": "refs/heads/main"}'
const hmac = (body: string, secret = HOOK_SECRET) =>
  createHmac('sha256', secret).update(body).digest('hex')
const github = (body: string, secret = HOOK_SECRET) => ({
  'x-hub-signature-256': `sha256=${hmac(body, secret)}`,
})

function hooked() {
  const { hub, clock } = testHub()
  const { sent } = join(hub, 'lb1')
  const ring = async (headers: Record<string, string>, body = BODY) =>
    (await hub.app.request('/v1/hooks/git', { method: 'POST', headers, body })).status
  const polls = () => sent.filter((text) => JSON.parse(text).type === 'poll').length
  return { hub, clock, ring, polls }
}

for (const [who, headers] of [
  ['GitHub', github(BODY)],
  ['Gitea', { 'x-gitea-signature': hmac(BODY) }],
  ['GitLab', { 'x-gitlab-token': HOOK_SECRET }],
] as const)
  test(`${who} makes the agents look`, async () => {
    const { hub, ring, polls } = hooked()
    assert.equal(await ring(headers), 202)
    assert.equal(polls(), 1)
    hub.close()
  })

test('no signature, a wrong one, one of another body: nobody is told', async () => {
  const { hub, ring, polls } = hooked()
  for (const headers of [
    {},
    github(BODY, 'another-secret-another'),
    github(`${BODY} `),
    { 'x-hub-signature-256': 'sha256=' },
    { 'x-gitea-signature': '' },
    { 'x-gitlab-token': '' },
    { authorization: `Bearer ${HOOK_SECRET}` },
  ])
    assert.equal(await ring(headers), 401)
  assert.equal(polls(), 0)
  hub.close()
})

test('the ping by which GitHub tries a hook tells nobody', async () => {
  const { hub, ring, polls } = hooked()
  assert.equal(await ring({ ...github(BODY), 'x-github-event': 'ping' }), 200)
  assert.equal(polls(), 0)
  hub.close()
})

test('many pushes at once are one look now and one a second later', async () => {
  const { hub, clock, ring, polls } = hooked()
  for (let n = 0; n < 10; n++) assert.equal(await ring(github(BODY)), 202)
  hub.tick()
  assert.equal(polls(), 1)
  clock.advance(1_000)
  hub.tick()
  assert.equal(polls(), 2)
  clock.advance(1_000)
  hub.tick()
  assert.equal(polls(), 2)
  hub.close()
})

test('too many, and too much', async () => {
  const { hub, ring } = hooked()
  const large = 'x'.repeat(1024 * 1024 + 1)
  assert.equal(await ring(github(large), large), 413)
  for (let n = 0; n < 19; n++) await ring({})
  assert.equal(await ring(github(BODY)), 429)
  hub.close()
})

test('the secret is made once, for nobody else to read, and a short one is refused', (context) => {
  const state = mkdtempSync(at(tmpdir(), 'hactl-hook-'))
  context.after(() => rmSync(state, { recursive: true }))
  const made = loadHookSecret(state).reveal()
  assert(made.length >= 32)
  assert.equal(loadHookSecret(state).reveal(), made)
  assert.equal(statSync(at(state, 'hook-secret')).mode & 0o777, 0o600)
  writeFileSync(at(state, 'hook-secret'), 'short\n')
  assert.throws(() => loadHookSecret(state), /at least 16 characters/)
})
