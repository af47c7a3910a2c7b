// ed25519 keys as OpenSSH keeps them: one line for the public part, openssh-key-v1 for the private one. Pure.
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import {
  armored,
  base64,
  TrustError,
  unarmored,
  wireNumber,
  wireReader,
  wireString,
} from './wire.ts'

const TYPE = 'ssh-ed25519'
const LABEL = 'OPENSSH PRIVATE KEY'
const MAGIC = 'openssh-key-v1\0'
const KEY_BYTES = 32
/** Of the private section without a cipher: PROTOCOL.key of OpenSSH pads to the block size of "none", 8. */
const PAD_BYTES = 8
/** A key file of ed25519 has some 400 bytes; a comment may be long. */
const FILE_LENGTH_MAX = 16_384

export type PublicKey = {
  /** The 32 bytes of the point. */
  readonly point: Buffer
  /** 'SHA256:...', as ssh-keygen -l shows it. */
  readonly fingerprint: string
  readonly comment: string
}
export type PrivateKey = { readonly key: KeyObject; readonly public: PublicKey }

export const publicBlob = (point: Uint8Array): Buffer =>
  Buffer.concat([wireString(TYPE), wireString(point)])

const fingerprintOf = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** Reads the blob inside of a public key line or a signature. */
export function keyOfBlob(blob: Buffer, comment = ''): PublicKey {
  const reader = wireReader(blob, 'the public key')
  const type = reader.string().toString('latin1')
  if (type !== TYPE)
    throw new TrustError(`the key is of type ${shown(type)}; only ${TYPE} keys are used`)
  const point = reader.string()
  reader.end()
  if (point.length !== KEY_BYTES) throw new TrustError('the public key has not 32 bytes')
  return { point, fingerprint: fingerprintOf(blob), comment }
}

const shown = (type: string): string => (/^[a-z0-9@.-]{1,64}$/.test(type) ? type : 'unknown')

/** 'ssh-ed25519 AAAA... comment', as in id_ed25519.pub. Throws TrustError. */
export function parsePublicKey(line: string): PublicKey {
  const [, type = '', body = '', comment = ''] =
    /^(\S{1,64}) +(\S{1,4096})(?: +(.{0,300}))?$/.exec(line.trim()) ?? []
  if (type === '') throw new TrustError(`this is no public key: expected "${TYPE} AAAA... comment"`)
  if (type !== TYPE)
    throw new TrustError(`the key is of type ${shown(type)}; only ${TYPE} keys are used`)
  return keyOfBlob(base64(body, 'the public key'), comment)
}

export const publicLine = ({ point, comment }: PublicKey): string =>
  `${TYPE} ${publicBlob(point).toString('base64')}${comment === '' ? '' : ` ${comment}`}`

/** The file is fine, but its secret is not in it in the clear: ssh-keygen must do the signing. */
export class EncryptedKey extends TrustError {
  override name = 'EncryptedKey'
}

/** Text of a private key file. Throws EncryptedKey for one with a passphrase, TrustError for what is none. */
export function parsePrivateKey(text: string): PrivateKey {
  if (text.length > FILE_LENGTH_MAX) throw new TrustError('the private key is too long')
  const what = 'the private key'
  const reader = wireReader(unarmored(text, LABEL, what), what)
  if (reader.bytes(MAGIC.length).toString('latin1') !== MAGIC)
    throw new TrustError('the private key is not in the format of OpenSSH')
  const cipher = reader.string().toString('latin1')
  reader.string()
  reader.string()
  if (reader.number() !== 1) throw new TrustError('the file does not hold exactly one key')
  const blob = keyOfBlob(reader.string())
  const secret = reader.string()
  reader.end()
  if (cipher !== 'none') throw new EncryptedKey('the private key has a passphrase')
  return openSecret(secret, blob)
}

function openSecret(secret: Buffer, known: PublicKey): PrivateKey {
  const reader = wireReader(secret, 'the private key')
  const [check, again] = [reader.number(), reader.number()]
  if (check !== again) throw new TrustError('the private key is damaged')
  reader.string()
  const point = reader.string()
  const both = reader.string()
  const comment = reader.string().toString('utf8')
  if (both.length !== 2 * KEY_BYTES || !point.equals(known.point))
    throw new TrustError('the private key is damaged')
  const key = createPrivateKey({
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: both.subarray(0, KEY_BYTES).toString('base64url'),
      x: point.toString('base64url'),
    },
    format: 'jwk',
  })
  return { key, public: { ...known, comment } }
}

export type Fresh = {
  /** 32 bytes nobody can guess. */
  readonly seed: Buffer
  /** Any number of 32 bits: OpenSSH's mark that a passphrase was right. */
  readonly check: number
  readonly comment: string
}

/** A private key file without a passphrase, to be written 0600. */
export function privateKeyText({ seed, check, comment }: Fresh): string {
  const point = pointOf(seed)
  const secret = Buffer.concat([
    ...[wireNumber(check), wireNumber(check), wireString(TYPE), wireString(point)],
    ...[wireString(Buffer.concat([seed, point])), wireString(comment)],
  ])
  const missing = (PAD_BYTES - (secret.length % PAD_BYTES)) % PAD_BYTES
  const padding = Buffer.from(Array.from({ length: missing }, (_, at) => at + 1))
  const none = wireString('none')
  return armored(
    Buffer.concat([
      ...[Buffer.from(MAGIC, 'latin1'), none, none, wireString(''), wireNumber(1)],
      ...[wireString(publicBlob(point)), wireString(Buffer.concat([secret, padding]))],
    ]),
    LABEL,
  )
}

/** DER of an ed25519 seed begins with these bytes: RFC 8410 section 7. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

function pointOf(seed: Buffer): Buffer {
  if (seed.length !== KEY_BYTES) throw new TrustError('a seed has 32 bytes')
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}
