// Signatures in the SSHSIG format (PROTOCOL.sshsig of OpenSSH), ed25519 only: ssh-keygen -Y sign and verify agree. Pure.
import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { keyOfBlob, type PrivateKey, publicBlob, type PublicKey } from './ssh-key.ts'
import { armored, TrustError, unarmored, wireNumber, wireReader, wireString } from './wire.ts'

const LABEL = 'SSH SIGNATURE'
const MAGIC = 'SSHSIG'
const VERSION = 1
const TYPE = 'ssh-ed25519'
const SIGNATURE_BYTES = 64
/** Two of them have some 700 characters. */
export const SIGNATURE_LENGTH_MAX = 4_096

type Message = Uint8Array | string

/** What is really signed: the message only through its digest. */
const signedBytes = (namespace: string, hash: 'sha512' | 'sha256', message: Message): Buffer =>
  Buffer.concat([
    ...[Buffer.from(MAGIC), wireString(namespace), wireString(''), wireString(hash)],
    wireString(createHash(hash).update(message).digest()),
  ])

export function signSsh({ key, public: who }: PrivateKey, namespace: string, text: Message) {
  const signature = sign(null, signedBytes(namespace, 'sha512', text), key)
  return armored(
    Buffer.concat([
      ...[Buffer.from(MAGIC), wireNumber(VERSION), wireString(publicBlob(who.point))],
      ...[wireString(namespace), wireString(''), wireString('sha512')],
      wireString(Buffer.concat([wireString(TYPE), wireString(signature)])),
    ]),
    LABEL,
  )
}

/**
 * The key whose owner signed exactly this text in this namespace. Whether that key may is the caller's to judge.
 * @throws TrustError when the signature is none, is for something else, or is wrong.
 */
export function verifySsh(signature: string, namespace: string, text: Message): PublicKey {
  if (signature.length > SIGNATURE_LENGTH_MAX) throw new TrustError('the signature is too long')
  const what = 'the signature'
  const reader = wireReader(unarmored(signature, LABEL, what), what)
  if (reader.bytes(MAGIC.length).toString('latin1') !== MAGIC || reader.number() !== VERSION)
    throw new TrustError('the signature is not an SSHSIG of version 1')
  const who = keyOfBlob(reader.string())
  const made = reader.string().toString('utf8')
  reader.string()
  const hash = reader.string().toString('latin1')
  const inner = wireReader(reader.string(), what)
  reader.end()
  const type = inner.string().toString('latin1')
  const raw = inner.string()
  inner.end()
  if (made !== namespace)
    throw new TrustError(`the signature was made for another purpose than ${namespace}`)
  if (hash !== 'sha512' && hash !== 'sha256')
    throw new TrustError('the signature uses an unknown digest')
  if (type !== TYPE || raw.length !== SIGNATURE_BYTES)
    throw new TrustError('the signature is not one of ed25519')
  const point = who.point.toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: point }, format: 'jwk' })
  if (!verify(null, signedBytes(namespace, hash, text), key, raw))
    throw new TrustError('the signature does not fit the text')
  return who
}
