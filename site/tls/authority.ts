// The cluster's own CA: made once, kept by the hub alone; it names the hub, and nodes to each other.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { certificatesIn, fingerprintOf } from '../../spec/tls/fingerprint.ts'
import { nodeUri } from '../../spec/tls/node-name.ts'
import type { Keys, Name } from '../../spec/tls/x509.ts'
import { readTextIfThere, writeSecretFile } from '../token-file.ts'

const DAY_MS = 86_400_000
const AUTHORITY_MS = 3_650 * DAY_MS
/** The hub renews its own by itself; what it cannot do while it is off has two months. */
export const HUB_MS = 90 * DAY_MS
/** A node must outlive a long absence of its hub. */
export const NODE_MS = 365 * DAY_MS
/** Clocks of a cluster differ. */
const EARLIER_MS = DAY_MS
/** A common name has at most 64 characters (RFC 5280, ub-common-name). */
const HUB_NAME = 'hactl hub'

export type Pair = {
  /** PEM of the private key. */
  readonly key: string
  /** PEM of the certificate, and of those that signed it. */
  readonly cert: string
}
export type Issued = { readonly cert: string; readonly serial: string; readonly notAfter: number }
export type Authority = {
  /** Its certificate, PEM. */
  readonly certificate: string
  readonly fingerprint: string
  forHub(names: readonly Name[]): Promise<Pair>
  /** For the key of a request. @throws when the request is not good. */
  forNode(node: string, request: string): Promise<Issued>
}
export type AuthorityDeps = {
  readonly state: string
  /** Wall clock. */
  readonly now: () => number
  /** 16 random bytes in hexadecimal. */
  readonly random: () => string
}

export const authorityPath = (state: string): string => join(state, 'ca.pem')

/** Positive, and never the same twice (RFC 5280 section 4.1.2.2). */
const serialOf = (random: () => string): string => `4${random().slice(1)}`

/** Only here is the X.509 library loaded: a hub without TLS does not pay for it. */
const library = () => import('../../spec/tls/x509.ts')

/** Key and certificate are one file, put there in one step: a cut leaves none or all of it. */
async function made({ state, now, random }: AuthorityDeps): Promise<string> {
  const { keyPem, makeAuthority, newKeys } = await library()
  const keys = await newKeys()
  const serial = serialOf(random)
  const certificate = await makeAuthority({
    keys,
    serial,
    name: `hactl CA ${serial.slice(-8)}`,
    life: { notBefore: now() - EARLIER_MS, notAfter: now() + AUTHORITY_MS },
  })
  const text = `${certificate}${await keyPem(keys.privateKey)}`
  writeSecretFile(authorityPath(state), text)
  return text
}

async function opened(text: string, path: string): Promise<{ certificate: string; keys: Keys }> {
  try {
    const [first] = certificatesIn(text)
    if (first?.ca !== true) throw new Error('no certificate of a CA in it')
    const key = createPrivateKey(text).export({ type: 'pkcs8', format: 'pem' }).toString()
    const { keysFrom } = await library()
    const certificate = `${first.toString().trim()}\n`
    return { certificate, keys: await keysFrom(key, certificate) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `cannot use ${path}: ${why}; put it back, or remove it and have every node join again`,
      { cause },
    )
  }
}

/**
 * Reads <state>/ca.pem, or makes it (mode 0600) when absent.
 * @throws when it is there but damaged: another CA would be a stranger to every node.
 */
export async function openAuthority(deps: AuthorityDeps): Promise<Authority> {
  const { state, now, random } = deps
  const path = authorityPath(state)
  const { certificate, keys } = await opened(readTextIfThere(path) ?? (await made(deps)), path)
  const signer = { certificate, keys }
  const end = Date.parse(new X509Certificate(certificate).validTo)
  /** Nothing outlives who signed it. */
  const life = (ms: number) => ({
    notBefore: now() - EARLIER_MS,
    notAfter: Math.min(now() + ms, end),
  })
  return {
    certificate,
    fingerprint: fingerprintOf(new X509Certificate(certificate)),
    async forHub(names) {
      const { keyPem, makeCertificate, newKeys } = await library()
      const { publicKey, privateKey } = await newKeys()
      const of = { signer, publicKey, names, name: HUB_NAME, life: life(HUB_MS) }
      const serial = serialOf(random)
      const leaf = await makeCertificate({ ...of, serial, uses: ['serverAuth'] })
      return { key: await keyPem(privateKey), cert: `${leaf}${certificate}` }
    },
    async forNode(node, request) {
      const { makeCertificate, readRequest } = await library()
      const publicKey = await readRequest(request)
      const serial = serialOf(random)
      const term = life(NODE_MS)
      const cert = await makeCertificate({
        ...{ signer, publicKey, serial, life: term },
        // No host is called so: a node's certificate is good for no name that the hub could have.
        name: `hactl node ${node}`,
        names: [{ type: 'url', value: nodeUri(node) }],
        uses: ['serverAuth', 'clientAuth'],
      })
      // X.509 counts in seconds.
      return {
        cert,
        serial: serial.toUpperCase(),
        notAfter: Math.floor(term.notAfter / 1_000) * 1_000,
      }
    },
  }
}
