// Webhooks to a real web server on loopback.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { postWebhook } from '../../../agent/host/webhook.ts'
import type { ClusterWebhook } from '../../../spec/notify.ts'
import { WebhookBody } from '../../../spec/notice-text.ts'
import { type Answer, NOTICE, scratch, secretFile, SENDER, tidy, web } from './notify-kit.ts'

const stop = new AbortController().signal
after(tidy)

async function one(answers: Answer[] = [], more: Partial<ClusterWebhook> = {}, timeoutMs?: number) {
  const { url, posted, close } = await web(answers)
  const hook: ClusterWebhook = { name: 'ops', at: { url }, format: 'json', ...more }
  const attempt = await postWebhook(hook, NOTICE, SENDER, stop, { timeoutMs })
  await close()
  return { attempt, posted, host: new URL(url).host }
}

test('json: the documented body, with a key by which repeats are known', async () => {
  const { attempt, posted, host } = await one()
  assert.deepEqual(attempt, { ok: true, again: false, text: `${host} answered 200` })
  assert.equal(posted.length, 1)
  const body: unknown = JSON.parse(posted[0]?.body ?? '')
  assert.ok(Value.Check(WebhookBody, body))
  assert.equal(body.topic, 'transition')
  assert.equal(posted[0]?.headers['content-type'], 'application/json')
  assert.equal(posted[0]?.headers['idempotency-key'], NOTICE.id)
})

test('slack: text and blocks; the address comes from a file', async () => {
  const { url, posted, close } = await web()
  const file = secretFile('slack.url', `${url}\n`)
  const hook: ClusterWebhook = { name: 'slack', at: { file }, format: 'slack' }
  const attempt = await postWebhook(hook, NOTICE, SENDER, stop)
  await close()
  assert.equal(attempt.ok, true, attempt.text)
  const body = JSON.parse(posted[0]?.body ?? '')
  assert.equal(body.text, '[hactl shop] vip web (192.0.2.100) moved from lb1 to lb2')
  assert.equal(body.blocks[0].type, 'section')
})

test('a token goes as Bearer, and nowhere else', async () => {
  const token = 'abcdefgh-token'
  const { attempt, posted } = await one([{ status: 403, body: `no ${token} here` }], {
    tokenFile: secretFile('hook.token', token),
  })
  assert.equal(posted[0]?.headers.authorization, `Bearer ${token}`)
  assert.match(attempt.text, /answered 403: no \[secret\] here/)
  assert.equal(attempt.again, false)
})

for (const [answer, again, says] of [
  [{ status: 500 }, true, /answered 500$/],
  [{ status: 429, headers: { 'retry-after': '7' } }, true, /answered 429$/],
  [{ status: 404, body: 'no_team\r\n' }, false, /answered 404: no_team/],
  [{ status: 302, headers: { location: 'http://192.0.2.1/' } }, false, /redirects, which is not/],
] as const)
  test(`an answer of ${answer.status}: ${again ? 'again later' : 'given up'}, without its path`, async () => {
    const { attempt, posted } = await one([answer])
    assert.equal(attempt.ok, false)
    assert.equal(attempt.again, again)
    assert.match(attempt.text, says)
    assert.doesNotMatch(attempt.text, /secret|B000/)
    assert.equal(attempt.afterMs, answer.status === 429 ? 7_000 : undefined)
    assert.equal(posted.length, 1)
  })

test('a server that hangs is left in time; one that is not there is named by its host', async () => {
  const hanging = await one(['hang'], {}, 50)
  assert.equal(hanging.attempt.again, true)
  assert.match(hanging.attempt.text, /no answer in time/)
  const { url, close } = await web()
  await close()
  const hook: ClusterWebhook = { name: 'x', at: { url }, format: 'json' }
  const { again, text } = await postWebhook(hook, NOTICE, SENDER, stop)
  assert.equal(again, true)
  assert.equal(text, `${new URL(url).host}: ECONNREFUSED`)
})

test('a file that is missing, empty or no address is named', async () => {
  const read = async (file: string) =>
    (await postWebhook({ name: 'x', at: { file }, format: 'json' }, NOTICE, SENDER, stop)).text
  assert.equal(await read(`${scratch}/none`), `cannot read ${scratch}/none: ENOENT`)
  const empty = secretFile('empty', '\n')
  assert.equal(await read(empty), `cannot use ${empty}: it is empty or not set`)
  const odd = secretFile('odd', 'file:///etc/shadow')
  assert.equal(await read(odd), `cannot use ${odd}: no http or https address`)
})
