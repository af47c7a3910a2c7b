// The certificate that the hub shows: of its own CA and renewed by itself, or in files that somebody else renews.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { certificatesIn, fingerprintOf, rootOf } from '../../spec/tls/fingerprint.ts'
import type { Name } from '../../spec/tls/x509.ts'
import { readTextIfThere, writeSecretFile } from '../token-file.ts'
import { type Authority, HUB_MS, type Pair } from './authority.ts'

/** A third of its life is left to notice that it is not renewed. */
const RENEW_MS = HUB_MS / 3

export type Shown = {
  pair(): Pair
  /** Of the CA that stands behind it, for join tokens; undefined where it is not in the chain. */
  fingerprint(): string | undefined
  /** Its end, milliseconds since 1970. */
  until(): number
  /** Looks again; true when there is another pair now. Never throws: what cannot be used is said, and the last good one stays. */
  look(): Promise<boolean>
}

/** @throws "cannot ..." when a server could not show it. */
function leafOf({ key, cert }: Pair): X509Certificate {
  const [leaf] = certificatesIn(cert)
  if (leaf === undefined) throw new Error('there is no certificate in it')
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw new Error('certificate and key do not belong together')
  createSecureContext({ key, cert })
  return leaf
}

const endOf = (leaf: X509Certificate): number => Date.parse(leaf.validTo)
const untilOf = ({ cert }: Pair): number => {
  const [leaf] = certificatesIn(cert)
  return leaf === undefined ? 0 : endOf(leaf)
}
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))
/** Certificates first, as this file writes them. */
function apart(text: string): Pair {
  const at = text.indexOf('-----BEGIN PRIVATE KEY-----')
  return at < 0 ? { key: '', cert: text } : { key: text.slice(at), cert: text.slice(0, at) }
}
const has = (leaf: X509Certificate, { type, value }: Name): boolean =>
  (type === 'ip' ? leaf.checkIP(value) : leaf.checkHost(value)) !== undefined

export async function ownShown(deps: {
  readonly authority: Authority
  readonly state: string
  readonly now: () => number
  /** Asked at each look: addresses come and go. */
  readonly names: () => readonly Name[]
  readonly log: (message: string) => void
}): Promise<Shown> {
  const { authority, state, now, names, log } = deps
  const path = join(state, 'hub.pem')
  const root = new X509Certificate(authority.certificate)
  /** Why another is needed, '' when the one that is there is good. */
  const fault = ({ key, cert }: Pair): string => {
    try {
      const leaf = leafOf({ key, cert })
      if (!leaf.verify(root.publicKey)) return 'the CA is another'
      if (endOf(leaf) - now() < RENEW_MS) return `the last one ends on ${leaf.validTo}`
      if (Date.parse(leaf.validFrom) > now()) return 'the last one begins later'
      const missing = names().find((name) => !has(leaf, name))
      return missing === undefined ? '' : `${missing.value} is new`
    } catch (error) {
      return words(error)
    }
  }
  const renew = async (why: string): Promise<Pair> => {
    const next = await authority.forHub(names())
    writeSecretFile(path, `${next.cert}${next.key}`)
    log(`hub: made a certificate: ${why}`)
    return next
  }
  const text = readTextIfThere(path)
  const kept = text === undefined ? undefined : apart(text)
  let reason = kept === undefined ? 'there was none' : fault(kept)
  let pair = kept !== undefined && reason === '' ? kept : await renew(reason)
  return {
    pair: () => pair,
    until: () => untilOf(pair),
    fingerprint: () => authority.fingerprint,
    async look() {
      try {
        const now = fault(pair)
        // The same again: another certificate would not mend it.
        if (now === '' || now === reason) return false
        pair = await renew(now)
        reason = now
        return true
      } catch (error) {
        log(`hub: cannot renew the certificate: ${words(error)}`)
        return false
      }
    },
  }
}

/** @throws "cannot use ..." when the files are no pair now. */
export function filesShown(deps: {
  readonly cert: string
  readonly key: string
  readonly now: () => number
  readonly log: (message: string) => void
}): Shown {
  const { now, log } = deps
  const read = (): Pair => ({
    cert: readFileSync(deps.cert, 'utf8'),
    key: readFileSync(deps.key, 'utf8'),
  })
  const refuse = (error: unknown): string =>
    `cannot use ${deps.cert} with ${deps.key}: ${words(error)}`
  const say = (leaf: X509Certificate) => {
    if (endOf(leaf) < now()) log(`hub: ${deps.cert} ended on ${leaf.validTo}: agents refuse it`)
  }
  let pair: Pair
  try {
    pair = read()
    say(leafOf(pair))
  } catch (cause) {
    throw new Error(refuse(cause), { cause })
  }
  let broken = { why: '', times: 0 }
  return {
    pair: () => pair,
    until: () => untilOf(pair),
    fingerprint() {
      const root = rootOf(certificatesIn(pair.cert))
      return root === undefined ? undefined : fingerprintOf(root)
    },
    async look() {
      try {
        const next = read()
        if (next.cert === pair.cert && next.key === pair.key) return false
        const leaf = leafOf(next)
        pair = next
        log(`hub: took the new certificate of ${deps.cert}, good until ${leaf.validTo}`)
        say(leaf)
        return true
      } catch (error) {
        const why = refuse(error)
        broken = { why, times: broken.why === why ? broken.times + 1 : 1 }
        // Two files are seldom replaced at one instant: what is mended by the next look is no news, and nothing is said twice.
        if (broken.times === 2) log(`hub: ${why}; the last good one stays`)
        return false
      }
    },
  }
}
