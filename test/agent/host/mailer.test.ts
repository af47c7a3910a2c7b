// Mail to a real relay on loopback: clear, STARTTLS, implicit TLS, login, and relays that refuse or hang.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import type { SMTPServerOptions } from 'smtp-server'
import { sendMail } from '../../../agent/host/mailer.ts'
import type { ClusterMail } from '../../../spec/notify.ts'
import {
  certificate,
  mailTo,
  NOTICE,
  relay,
  scratch,
  secretFile,
  SENDER,
  tidy,
} from './notify-kit.ts'

const { key, cert, path: caFile } = certificate()
const stop = new AbortController().signal
after(tidy)

/** One mail to one relay, and what the relay got. */
async function one(
  options: SMTPServerOptions,
  mail: Partial<ClusterMail> = {},
  timeoutMs?: number,
) {
  const { port, received, close } = await relay(options)
  const attempt = await sendMail(mailTo(port, mail), NOTICE, SENDER, stop, { timeoutMs })
  await close()
  return { attempt, received }
}
const secure = { key, cert, disabledCommands: ['AUTH'] }
const PASS = 'correct horse battery'
const login: SMTPServerOptions = {
  ...{ key, cert, disabledCommands: [], authOptional: false },
  onAuth(auth, _session, done) {
    if (auth.username === 'hactl' && auth.password === PASS) return done(null, { user: 'hactl' })
    return done(new Error(`no login for ${auth.username} with ${auth.password}`))
  },
}
const auth = { user: 'hactl', passwordFile: secretFile('smtp.pass', `${PASS}\n`) }

test('a plain local relay: one mail to all, threaded, and no answer asked of machines', async () => {
  const { attempt, received } = await one({})
  assert.deepEqual(attempt, {
    ...{ ok: true, again: false, text: 'mail to ops@example.org, night@example.org' },
  })
  assert.equal(received.length, 1)
  assert.deepEqual(received[0]?.to, ['ops@example.org', 'night@example.org'])
  assert.equal(received[0]?.secure, false)
  const text = received[0]?.text ?? ''
  assert.match(
    text,
    /^Subject: \[hactl shop\] vip web \(192\.0\.2\.100\) moved from lb1 to lb2\r$/m,
  )
  assert.match(text, /^Auto-Submitted: auto-generated\r$/im)
  assert.match(text, /^Message-ID: <transition\.web\.1@shop\.hactl>\r$/m)
  assert.match(text, /^References: <transition\.web@shop\.hactl>\r$/m)
  assert.match(text, /^Date: Fri, 02 Jan 2026 03:04:05 \+0000\r$/m)
  assert.match(text, /No node claimed it for 0\.42 s/)
})

test('opportunistic: STARTTLS is taken where it is offered, whatever the certificate', async () => {
  const { attempt, received } = await one(secure)
  assert.equal(attempt.ok, true, attempt.text)
  assert.equal(received[0]?.secure, true)
})

test('required: a proven certificate, or no mail', async () => {
  const proved = await one(secure, { tls: 'required', caFile })
  assert.equal(proved.attempt.ok, true, proved.attempt.text)
  assert.equal(proved.received[0]?.secure, true)
  const unknown = await one(secure, { tls: 'required' })
  assert.equal(unknown.attempt.ok, false)
  assert.match(unknown.attempt.text, /self.signed certificate/)
  assert.equal(unknown.received.length, 0)
  const stripped = await one({}, { tls: 'required', caFile })
  assert.equal(stripped.attempt.ok, false)
  assert.equal(stripped.received.length, 0)
})

test('implicit TLS from the first byte', async () => {
  const { attempt, received } = await one({ ...secure, secure: true }, { tls: 'implicit', caFile })
  assert.equal(attempt.ok, true, attempt.text)
  assert.equal(received[0]?.secure, true)
})

test('off: never encrypted, even where it could be', async () => {
  const { attempt, received } = await one(secure, { tls: 'off' })
  assert.equal(attempt.ok, true, attempt.text)
  assert.equal(received[0]?.secure, false)
})

test('a login with the password of the file', async () => {
  const { attempt, received } = await one(login, { tls: 'required', caFile, auth })
  assert.equal(attempt.ok, true, attempt.text)
  assert.equal(received[0]?.user, 'hactl')
})

test('a wrong password is not tried again, and not printed even where the relay repeats it', async () => {
  const wrong = { user: 'hactl', passwordFile: secretFile('wrong.pass', 'hunter2-hunter2') }
  const { attempt, received } = await one(login, { tls: 'required', caFile, auth: wrong })
  assert.equal(attempt.ok, false)
  assert.equal(attempt.again, false)
  assert.match(attempt.text, /no login for hactl with \[secret\]/)
  assert.equal(received.length, 0)
})

test('a password never goes to a relay without TLS', async () => {
  const { attempt } = await one(
    { ...login, disabledCommands: ['STARTTLS'], allowInsecureAuth: true },
    { tls: 'required', auth },
  )
  assert.equal(attempt.ok, false)
})

test('a missing password file is named and tried again', async () => {
  const missing = { user: 'hactl', passwordFile: `${scratch}/none` }
  const { attempt } = await one(login, { tls: 'required', caFile, auth: missing })
  assert.deepEqual(attempt, {
    ...{ ok: false, again: true, text: `cannot read ${scratch}/none: ENOENT` },
  })
})

for (const [code, again] of [
  [550, false],
  [450, true],
] as const)
  test(`a relay that refuses with ${code}: ${again ? 'again later' : 'given up'}`, async () => {
    const { attempt } = await one({
      onRcptTo: (_to, _session, done) =>
        done(Object.assign(new Error('not here'), { responseCode: code })),
    })
    assert.equal(attempt.ok, false)
    assert.equal(attempt.again, again)
    assert.match(attempt.text, /not here/)
  })

test('one refused recipient does not keep it from the others', async () => {
  const { attempt, received } = await one({
    onRcptTo: (to, _session, done) =>
      to.address.startsWith('night')
        ? done(Object.assign(new Error('unknown'), { responseCode: 550 }))
        : done(),
  })
  assert.equal(attempt.text, 'mail to ops@example.org; refused for night@example.org')
  assert.deepEqual(received[0]?.to, ['ops@example.org'])
})

test('a relay that accepts and says nothing is left in time', async () => {
  const sockets = new Set<{ destroy(): void }>()
  const mute = createServer((socket) => sockets.add(socket))
  await new Promise<void>((ready) => mute.listen(0, '127.0.0.1', () => ready()))
  const at = mute.address()
  const port = at === null || typeof at === 'string' ? 0 : at.port
  const attempt = await sendMail(mailTo(port), NOTICE, SENDER, stop, { timeoutMs: 50 })
  assert.equal(attempt.ok, false)
  assert.equal(attempt.again, true)
  for (const socket of sockets) socket.destroy()
  await new Promise((done) => mute.close(done))
})

test('a relay that is not there: again later, with the reason', async () => {
  const { port, close } = await relay()
  await close()
  const attempt = await sendMail(mailTo(port), NOTICE, SENDER, stop)
  assert.equal(attempt.again, true)
  assert.match(attempt.text, /ECONNREFUSED/)
})
