// hactl notify test: sends on every way of the spec, says what happened, and its exit says whether all is well.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { relay, scratch, tidy, web } from '../agent/host/notify-kit.ts'
import { run } from './fake.ts'

after(tidy)
const SPEC = JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8'))
function specFile(notify: unknown): string {
  const path = join(scratch, 'spec.json')
  writeFileSync(path, JSON.stringify({ ...SPEC, notify }))
  return path
}
const mail = (smtpPort: number) => ({
  ...{ to: ['ops@example.org'], from: 'hactl@example.org', smtpHost: '127.0.0.1', smtpPort },
})

test('every way, side by side', async () => {
  const [smtp, http] = [await relay(), await web()]
  const webhooks = { ops: { url: http.url }, chat: { url: http.url, format: 'slack' } }
  const { exit, out } = await run(['notify', 'test', specFile({ mail: mail(smtp.port), webhooks })])
  await Promise.all([smtp.close(), http.close()])
  assert.equal(exit, 0)
  assert.match(out, /^mail +sent {2}mail to ops@example\.org$/m)
  assert.match(out, /^webhook chat +sent/m)
  assert.match(out, /^webhook ops +sent/m)
  assert.match(smtp.received[0]?.text ?? '', /^Subject: \[hactl wordpress\] test message\r$/m)
  assert.equal(http.posted.length, 2)
})

test('one that fails is named, the others are sent, and the exit is 1', async () => {
  const smtp = await relay()
  const http = await web([{ status: 403, body: 'invalid_token' }])
  const file = specFile({ mail: mail(smtp.port), webhooks: { chat: { url: http.url } } })
  const { exit, out, err } = await run(['notify', 'test', file])
  assert.equal(exit, 1)
  assert.match(out, /^mail +sent/m)
  assert.match(out, /^webhook chat +failed .*answered 403: invalid_token$/m)
  assert.match(err, /1 way of 2 cannot be used from here/)
  const only = await run(['notify', 'test', file, '--only', 'mail', '--json'])
  assert.equal(only.exit, 0)
  assert.deepEqual(JSON.parse(only.out), {
    ok: true,
    tried: [{ way: 'mail', ok: true, again: false, text: 'mail to ops@example.org' }],
  })
  await Promise.all([smtp.close(), http.close()])
})

test('a spec that tells nobody, and a way that is not there', async () => {
  const nobody = await run(['notify', 'test', 'spec/examples/wordpress.json'])
  assert.equal(nobody.exit, 1)
  assert.match(nobody.err, /tells nobody/)
  const wrong = await run(['notify', 'test', specFile({ mail: mail(25) }), '--only', 'pager'])
  assert.equal(wrong.exit, 2)
  assert.match(wrong.err, /cannot find 'pager'/)
})
