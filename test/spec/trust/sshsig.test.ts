// Keys and signatures against the real ssh-keygen, both ways, and everything that must not pass.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  EncryptedKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyText,
  publicLine,
} from '../../../spec/trust/ssh-key.ts'
import { signSsh, verifySsh } from '../../../spec/trust/sshsig.ts'
import { allowSigner, signer, signSpec, specSigner } from '../../../spec/trust/statement.ts'
import { TrustError } from '../../../spec/trust/wire.ts'

const NAMESPACE = 'hactl-spec'
const TEXT = '{ "version": 1, "cluster": "shop", "serial": 7 }\n'
const made = (byte: number) =>
  parsePrivateKey(privateKeyText({ seed: Buffer.alloc(32, byte), check: 1, comment: 'ada@x' }))
const ada = made(1)
const eve = made(2)

const there = spawnSync('ssh-keygen', ['-?']).error === undefined
const real = { skip: there ? false : 'ssh-keygen is not installed' }
const keygen = (args: readonly string[], input = '') =>
  spawnSync('ssh-keygen', [...args], { encoding: 'utf8', input })

async function inDirectory(work: (at: (name: string) => string) => void) {
  const directory = mkdtempSync(join(tmpdir(), 'hactl-sshsig-'))
  try {
    work((name) => join(directory, name))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('ssh-keygen reads the keys that we write, and agrees on their fingerprint', real, () =>
  inDirectory((at) => {
    for (const comment of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'ada@example.org']) {
      const text = privateKeyText({ seed: Buffer.alloc(32, 9), check: 0xffffffff, comment })
      writeFileSync(at('key'), text, { mode: 0o600 })
      const { public: key } = parsePrivateKey(text)
      const shown = keygen(['-y', '-f', at('key')])
      assert.equal(shown.stdout.trim(), publicLine(key), shown.stderr)
      assert.match(
        keygen(['-l', '-f', at('key')]).stdout,
        new RegExp(key.fingerprint.replace(/[+/]/g, '\\$&')),
      )
    }
  }),
)

test('ssh-keygen -Y verify accepts what we signed, and nothing else', real, () =>
  inDirectory((at) => {
    writeFileSync(at('signers'), `ada ${publicLine(ada.public)}\n`)
    writeFileSync(at('sig'), signSsh(ada, NAMESPACE, TEXT))
    const verify = (text: string, namespace = NAMESPACE) =>
      keygen(
        ['-Y', 'verify', '-f', at('signers'), '-I', 'ada', '-n', namespace, '-s', at('sig')],
        text,
      ).status
    assert.equal(verify(TEXT), 0)
    assert.notEqual(verify(`${TEXT} `), 0)
    assert.notEqual(verify(TEXT, 'git'), 0)
  }),
)

test('what ssh-keygen -Y sign made is accepted, with a key of its own making', real, () =>
  inDirectory((at) => {
    assert.equal(keygen(['-q', '-t', 'ed25519', '-N', '', '-C', 'kim', '-f', at('key')]).status, 0)
    const key = parsePrivateKey(readFileSync(at('key'), 'utf8'))
    assert.deepEqual(key.public, parsePublicKey(readFileSync(at('key.pub'), 'utf8')))
    for (const hash of ['sha512', 'sha256']) {
      const args = ['-Y', 'sign', '-n', NAMESPACE, '-O', `hashalg=${hash}`, '-f', at('key')]
      const { stdout, stderr } = keygen(args, TEXT)
      assert.notEqual(stdout, '', stderr)
      assert.equal(specSigner(stdout, TEXT).fingerprint, key.public.fingerprint)
    }
    assert.equal(
      keygen(['-Y', 'sign', '-n', NAMESPACE, '-f', at('key')], TEXT).stdout,
      signSsh(key, NAMESPACE, TEXT),
    )
  }),
)

test('a key with a passphrase is told from a broken one; other kinds of keys are named', real, () =>
  inDirectory((at) => {
    keygen(['-q', '-t', 'ed25519', '-N', 'secret word', '-f', at('locked')])
    chmodSync(at('locked'), 0o600)
    assert.throws(() => parsePrivateKey(readFileSync(at('locked'), 'utf8')), EncryptedKey)
    keygen(['-q', '-t', 'ecdsa', '-N', '', '-f', at('ecdsa')])
    assert.throws(
      () => parsePublicKey(readFileSync(at('ecdsa.pub'), 'utf8')),
      /of type ecdsa-sha2-nistp256; only ssh-ed25519/,
    )
  }),
)

test('a signature for another purpose, of another text or another key does not pass', () => {
  const good = signSsh(ada, NAMESPACE, TEXT)
  assert.equal(verifySsh(good, NAMESPACE, TEXT).fingerprint, ada.public.fingerprint)
  assert.throws(() => verifySsh(good, 'file', TEXT), /another purpose/)
  for (const other of [`${TEXT} `, TEXT.slice(1), TEXT.replace('7', '8'), ''])
    assert.throws(() => verifySsh(good, NAMESPACE, other), /does not fit the text/)
  const swapped = Buffer.from(good.replace(/-----.*-----|\n/g, ''), 'base64')
  eve.public.point.copy(swapped, swapped.indexOf(ada.public.point))
  const forged = `-----BEGIN SSH SIGNATURE-----\n${swapped.toString('base64')}\n-----END SSH SIGNATURE-----\n`
  assert.throws(() => verifySsh(forged, NAMESPACE, TEXT), /does not fit the text/)
})

test('every cut and every flipped bit of a signature is refused as a TrustError', () => {
  const good = signSsh(ada, NAMESPACE, TEXT)
  for (let length = 0; length < good.length - 1; length++)
    assert.throws(() => verifySsh(good.slice(0, length), NAMESPACE, TEXT), TrustError)
  const raw = Buffer.from(good.replace(/-----.*-----|\n/g, ''), 'base64')
  for (let bit = 0; bit < raw.length * 8; bit++) {
    const bad = Buffer.from(raw)
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const text = `-----BEGIN SSH SIGNATURE-----\n${bad.toString('base64')}\n-----END SSH SIGNATURE-----\n`
    assert.throws(() => verifySsh(text, NAMESPACE, TEXT), TrustError, `bit ${bit}`)
  }
  assert.throws(() => verifySsh('x'.repeat(100_000), NAMESPACE, TEXT), /too long/)
})

test('overrides of guards are signed for one serial of one cluster, and for nothing else', async () => {
  const scope = { cluster: 'shop', serial: 7, allow: ['removals', 'blink'] }
  const signature = await signSpec(signer(ada), TEXT, scope)
  assert.equal(specSigner(signature, TEXT).fingerprint, ada.public.fingerprint)
  const by = (change: object) => allowSigner(signature, { ...scope, ...change })?.fingerprint
  assert.equal(by({}), ada.public.fingerprint)
  assert.equal(by({ allow: ['blink', 'removals'] }), ada.public.fingerprint)
  assert.equal(by({ serial: 8 }), undefined)
  assert.equal(by({ cluster: 'bank' }), undefined)
  assert.equal(by({ allow: ['blink', 'empty', 'removals'] }), undefined)
  const without = await signSpec(signer(ada), TEXT, { ...scope, allow: [] })
  assert.equal(allowSigner(without, scope), undefined)
})
