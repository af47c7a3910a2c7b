// hactl key, sign, verify and push --sign: made here, believed by ssh-keygen and by an agent's trust.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'
import { parsePublicKey } from '../../spec/trust/ssh-key.ts'
import { allowSigner, specSigner } from '../../spec/trust/statement.ts'
import { fakeHub, run } from './fake.ts'

const TEXT = readFileSync('spec/examples/wordpress.json', 'utf8')
const NOW_S = 1_700_000_000
const there = spawnSync('ssh-keygen', ['-?']).error === undefined
const real = { skip: there ? false : 'ssh-keygen is not installed' }

type Place = { readonly cwd: string; at(name: string): string; text(name: string): string }
async function inPlace(work: (place: Place) => Promise<void>) {
  const cwd = mkdtempSync(join(tmpdir(), 'hactl-sign-test-'))
  try {
    writeFileSync(join(cwd, 'spec.json'), TEXT)
    const made = await run(['key', 'make', 'ada', '--comment', 'ada@example.org'], { cwd })
    assert.equal(made.exit, 0, made.err)
    const at = (name: string) => join(cwd, name)
    await work({ cwd, at, text: (name) => readFileSync(at(name), 'utf8') })
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

test('a key is made 0600, never written over, shown as a line and as a fingerprint', () =>
  inPlace(async ({ cwd, at, text }) => {
    assert.equal(statSync(at('ada')).mode & 0o777, 0o600)
    const line = text('ada.pub').trim()
    assert.match(line, /^ssh-ed25519 \S+ ada@example\.org$/)
    const before = text('ada')
    const again = await run(['key', 'make', 'ada'], { cwd })
    assert.equal(again.exit, 2)
    assert.match(again.err, /a key is never written over/)
    assert.equal(text('ada'), before)
    assert.equal((await run(['key', 'show', 'ada'], { cwd })).out.trim(), line)
    const { out } = await run(['key', 'fingerprint', 'ada.pub'], { cwd })
    assert.equal(out.trim(), parsePublicKey(line).fingerprint)
  }))

test('the usual place of a key is that of ssh', () =>
  inPlace(async ({ cwd, at }) => {
    const { err } = await run(['key', 'show'], { cwd, env: { HOME: cwd } })
    assert.match(err, /cannot read .*\/\.ssh\/id_ed25519: there is no such file/)
    const named = await run(['key', 'show'], { cwd, env: { HACTL_KEY: at('ada') } })
    assert.equal(named.exit, 0)
  }))

test('sign raises the serial, changes nothing else, and verify believes it', () =>
  inPlace(async ({ cwd, text }) => {
    const first = await run(['sign', 'spec.json', '--key', 'ada'], { cwd })
    assert.equal(first.exit, 0, first.err)
    const signed = text('spec.json')
    assert.equal(signed.replace(`\n  "serial": ${NOW_S},`, ''), TEXT)
    assert.equal(checkSpec(signed).cluster?.digest, checkSpec(TEXT).cluster?.digest)
    assert.equal((await run(['verify', 'spec.json', '--key', 'ada.pub'], { cwd })).exit, 0)
    await run(['sign', 'spec.json', '--key', 'ada'], { cwd })
    assert.equal(checkSpec(text('spec.json')).cluster?.serial, NOW_S + 1)
    await run(['sign', 'spec.json', '--key', 'ada', '--keep-serial'], { cwd })
    assert.equal(checkSpec(text('spec.json')).cluster?.serial, NOW_S + 1)
    assert.equal((await run(['key', 'make', 'eve'], { cwd })).exit, 0)
    const wrong = await run(['verify', 'spec.json', '--key', 'eve.pub'], { cwd })
    assert.equal(wrong.exit, 1)
    assert.match(wrong.err, /signed by SHA256:\S+, which is none of the keys/)
    const both = await run(['verify', 'spec.json', '--key', 'eve.pub', 'ada.pub'], { cwd })
    assert.equal(both.exit, 0)
  }))

test('ssh-keygen believes hactl sign, and hactl verify believes ssh-keygen', real, () =>
  inPlace(async ({ cwd, at, text }) => {
    await run(['sign', 'spec.json', '--key', 'ada'], { cwd })
    writeFileSync(at('signers'), `ada ${text('ada.pub')}`)
    const args = [
      '-Y',
      'verify',
      '-f',
      at('signers'),
      '-I',
      'ada',
      '-n',
      'hactl-spec',
      '-s',
      at('spec.json.sig'),
    ]
    const verified = spawnSync('ssh-keygen', args, { input: text('spec.json'), encoding: 'utf8' })
    assert.equal(verified.status, 0, verified.stderr)
    rmSync(at('spec.json.sig'))
    spawnSync('ssh-keygen', ['-Y', 'sign', '-f', at('ada'), '-n', 'hactl-spec', at('spec.json')])
    assert.equal((await run(['verify', 'spec.json', '--key', 'ada.pub'], { cwd })).exit, 0)
  }),
)

test('a key that others may read, a text that is no key and a spec without serial are refused', () =>
  inPlace(async ({ cwd, at }) => {
    const sign = (...flags: string[]) => run(['sign', 'spec.json', ...flags], { cwd })
    chmodSync(at('ada'), 0o644)
    assert.match((await sign('--key', 'ada')).err, /others may read it\n.*chmod 600/)
    chmodSync(at('ada'), 0o600)
    assert.match((await sign('--key', 'spec.json')).err, /cannot use the key .*has no -----BEGIN/)
    const without = await sign('--key', 'ada', '--keep-serial')
    assert.equal(without.exit, 3)
    assert.match(without.err, /without a serial/)
  }))

/** A hub whose newest spec has this serial. */
const hubWith = (serial: number) =>
  fakeHub(({ method, path }) => {
    if (method === 'POST') return { status: 201, body: { revision: 5, digest: 'd' } }
    const body = JSON.stringify({ ...JSON.parse(TEXT), serial })
    return path === '/v1/spec'
      ? { status: 200, body, headers: { 'x-hactl-revision': '4', 'x-hactl-digest': 'd' } }
      : undefined
  })
const decoded = (header: unknown) => Buffer.from(String(header), 'base64').toString()

test('push --sign signs what it sends, above the serial of the hub, with the overrides', () =>
  inPlace(async ({ cwd, at, text }) => {
    const hub = await hubWith(NOW_S + 50)
    const flags = ['--hub', hub.url, '--no-wait', '--allow-blink', '--sign', at('ada')]
    const { exit, err } = await run(['push', 'spec.json', ...flags], { cwd })
    await hub.close()
    assert.equal(exit, 0, err)
    const post = hub.asked.find(({ method }) => method === 'POST')
    const body = post?.body ?? ''
    assert.equal(checkSpec(body).cluster?.serial, NOW_S + 51)
    const signature = decoded(post?.headers['x-hactl-signature'])
    const { fingerprint } = parsePublicKey(text('ada.pub'))
    assert.equal(specSigner(signature, body).fingerprint, fingerprint)
    const scope = { cluster: 'wordpress', serial: NOW_S + 51, allow: ['blink'] }
    const cluster = checkSpec(TEXT).cluster?.name ?? ''
    assert.equal(allowSigner(signature, { ...scope, cluster })?.fingerprint, fingerprint)
    assert.equal(text('spec.json'), TEXT)
  }))

test('push sends the signature beside the file, and refuses one of another text', () =>
  inPlace(async ({ cwd, at, text }) => {
    const hub = await hubWith(1)
    const push = () => run(['push', 'spec.json', '--hub', hub.url, '--no-wait'], { cwd })
    await run(['sign', 'spec.json', '--key', 'ada'], { cwd })
    assert.equal((await push()).exit, 0)
    const post = hub.asked.find(({ method }) => method === 'POST')
    assert.equal(decoded(post?.headers['x-hactl-signature']), text('spec.json.sig'))
    writeFileSync(at('spec.json'), `${text('spec.json')} `)
    const stale = await push()
    await hub.close()
    assert.equal(stale.exit, 2)
    assert.match(stale.err, /cannot use spec\.json\.sig: the signature does not fit the text/)
    assert.equal(hub.asked.filter(({ method }) => method === 'POST').length, 1)
  }))

test('a key with a passphrase is used through ssh-keygen and the agent that holds it', real, () =>
  inPlace(async ({ cwd, at }) => {
    // A public key stands for one that only an ssh-agent has: without an agent ssh-keygen says so.
    const alone = await run(['sign', 'spec.json', '--key', at('ada.pub')], { cwd })
    rmSync(at('ada'))
    const gone = await run(['sign', 'spec.json', '--key', at('ada.pub')], { cwd })
    assert.equal(gone.exit, 1)
    assert.match(gone.err, /cannot sign: ssh-keygen says/)
    assert.equal(alone.exit, 0, alone.err)
  }),
)
