// Which CA is meant, in so few characters that they fit into a join token: SHA-256 of its public key.
import { createHash, X509Certificate } from 'node:crypto'

/** 43 characters of base64url. */
const FINGERPRINT_PATTERN = '[A-Za-z0-9_-]{43}'
export const JOIN_PATTERN = `^[A-Za-z0-9_-]{20,200}(?:\\.${FINGERPRINT_PATTERN})?$`
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Of the key and not of the certificate: a CA that gets another end stays the same. */
export const fingerprintOf = ({ publicKey }: X509Certificate): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')

/** All of a PEM text, in its order. @throws when one cannot be read. */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block))

/** It may stand at the end of a chain: it says of itself that it signed itself, and did. */
export const isRoot = (one: X509Certificate): boolean =>
  one.subject === one.issuer && one.verify(one.publicKey)

/** The end of a chain that a server sends or a file holds; undefined when that is not in it. */
export const rootOf = (chain: readonly X509Certificate[]): X509Certificate | undefined =>
  chain.findLast(isRoot)

/** What goes to the hub as the token, and which CA must stand behind it; absent: the hub had none to name. */
export function splitJoin(join: string): { readonly secret: string; readonly ca?: string } {
  const [secret = '', ca] = join.split('.')
  return ca === undefined ? { secret } : { secret, ca }
}

export const withFingerprint = (secret: string, ca: string | undefined): string =>
  ca === undefined ? secret : `${secret}.${ca}`
