// Certificates and requests for them, made and read by a library. Pure: keys, times and numbers come in. Loaded only where TLS is made.
import type { webcrypto } from 'node:crypto'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** What every engine of the field can verify, and small. */
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { ...KEY, hash: 'SHA-256' } as const
type CryptoKey = webcrypto.CryptoKey
const { crypto } = globalThis

export type Keys = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }

export const newKeys = async (): Promise<Keys> =>
  crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])

/** PKCS #8, as openssl writes it. */
export async function keyPem(key: CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey('pkcs8', key)
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`
}

/** Of a certificate's owner, from the PEM text of both. @throws when they do not belong together. */
export async function keysFrom(key: string, certificate: string): Promise<Keys> {
  const [der] = x509.PemConverter.decode(key)
  if (der === undefined) throw new Error('no private key in it')
  const privateKey = await crypto.subtle.importKey('pkcs8', der, KEY, true, ['sign'])
  const publicKey = await new x509.X509Certificate(certificate).publicKey.export(KEY, ['verify'])
  const probe = new Uint8Array(16)
  const mark = await crypto.subtle.sign(SIGNATURE, privateKey, probe)
  if (!(await crypto.subtle.verify(SIGNATURE, publicKey, mark, probe)))
    throw new Error('key and certificate do not belong together')
  return { privateKey, publicKey }
}

export type Life = { readonly notBefore: number; readonly notAfter: number }
export type Signer = { readonly keys: Keys; readonly certificate: string }
/** `dns`, `ip`, `uri`: what a subjectAltName may hold here. */
export type Name = { readonly type: 'dns' | 'ip' | 'url'; readonly value: string }

const dated = ({ notBefore, notAfter }: Life) => ({
  notBefore: new Date(notBefore),
  notAfter: new Date(notAfter),
})
const pem = (one: { toString(format: 'pem'): string }): string => `${one.toString('pem').trim()}\n`

/** A certificate that may sign others, and none of these may sign again. */
export async function makeAuthority(of: {
  readonly keys: Keys
  readonly name: string
  /** Hexadecimal. */
  readonly serial: string
  readonly life: Life
}): Promise<string> {
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: of.serial,
    name: `CN=${of.name}`,
    ...dated(of.life),
    keys: of.keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(of.keys.publicKey),
    ],
  })
  return pem(made)
}

/** The certificate of one who serves, asks, or both. */
export async function makeCertificate(of: {
  readonly signer: Signer
  readonly publicKey: CryptoKey
  readonly name: string
  readonly serial: string
  readonly life: Life
  readonly names: readonly Name[]
  readonly uses: readonly ('serverAuth' | 'clientAuth')[]
}): Promise<string> {
  const issuer = new x509.X509Certificate(of.signer.certificate)
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: of.serial,
    subject: `CN=${of.name}`,
    issuer: issuer.subject,
    ...dated(of.life),
    publicKey: of.publicKey,
    signingKey: of.signer.keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(of.uses.map((use) => x509.ExtendedKeyUsage[use])),
      new x509.SubjectAlternativeNameExtension(of.names.map((name) => ({ ...name }))),
      await x509.SubjectKeyIdentifierExtension.create(of.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(of.signer.keys.publicKey),
    ],
  })
  return pem(made)
}

/** A request that proves to have the key, and asks for a name. */
export async function makeRequest(keys: Keys, name: string): Promise<string> {
  const signingAlgorithm = SIGNATURE
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${name}`,
    keys,
    signingAlgorithm,
  })
  return pem(made)
}

/** The key that a request proves to have. Names and extensions that it asks for are none of the hub's concern. @throws with the reason. */
export async function readRequest(text: string): Promise<CryptoKey> {
  const request = new x509.Pkcs10CertificateRequest(text)
  const key = await request.publicKey.export(KEY, ['verify'])
  if (!(await request.verify())) throw new Error('it is not signed by its own key')
  return key
}
