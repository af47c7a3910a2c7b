// This node's certificate of the cluster's CA: by it peers know each other. The key is made here and never leaves; the hub signs, renews and revokes.
import type { X509Certificate } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import type { TSchema } from '@sinclair/typebox'
import { CertificateAnswer, CertificateRequest, PeersWord } from '../spec/peers.ts'
import { certificatesIn, isRoot } from '../spec/tls/fingerprint.ts'
import { nodeOf } from '../spec/tls/node-name.ts'
import { tlsWords } from '../spec/tls/words.ts'
import { textOf } from './failure.ts'
import type { Clock, Host, PeerTls, Random } from './world.ts'

const ASK_TIMEOUT_MS = 5_000
/** How old a revocation may be here while the hub answers, plus up to a tenth. */
export const WORD_MS = 30_000
/** After a start and a change of ours: peers that begin together know each other soon. */
const SOON_MS = 3_000
const SOON_COUNT = 10
/** A hub that gives none is asked again; it may be another one by then. */
const NONE_MS = 300_000
/** The hub has no CA, or knows this node by a shared token alone. */
const NONE_STATUS = [403, 404]

export type Asked = { readonly status: number; readonly body: string }
export type IdentityDoors = Pick<Host, 'read' | 'write'> & {
  /** Of the hub, by this node's token. @throws when there is no whole answer. */
  ask(method: 'GET' | 'POST', path: string, value: unknown, timeoutMs: number): Promise<Asked>
  /** A new key, and a request for a certificate of it; PEM. */
  newRequest(node: string): Promise<{ readonly key: string; readonly request: string }>
}

/** How peers know each other. */
export type Identity = {
  /** How to ask this peer; undefined: in plain, with the token that is shared. */
  towards(node: string): PeerTls | undefined
  /** What this node's own door shows; undefined while it has no certificate. */
  shown(): Pick<PeerTls, 'key' | 'cert' | 'ca'> | undefined
  /** It shows a certificate, and so do we: its name without one is a lie. */
  certified(node: string): boolean
  revoked(serial: string): boolean
  /** When shown() gives another. */
  onChange(hear: () => void): void
}
export const NOBODY: Identity = {
  towards: () => undefined,
  shown: () => undefined,
  certified: () => false,
  revoked: () => false,
  onChange: () => undefined,
}

type Mine = {
  readonly key: string
  readonly cert: string
  readonly ca: string
  readonly leaf: X509Certificate
}

export const identityPath = (state: string): string => `${state}/node.pem`
const wordPath = (state: string): string => `${state}/peers.json`

/** Certificate, CA, key in one file: a cut leaves none or all of it. undefined when it is not that, or not of this node. */
function mineIn(text: string, node: string): Mine | undefined {
  try {
    const [leaf, ca] = certificatesIn(text)
    const key = text.slice(text.indexOf('-----BEGIN PRIVATE KEY-----'))
    if (leaf === undefined || ca === undefined || !isRoot(ca) || !leaf.verify(ca.publicKey))
      return undefined
    if (nodeOf(leaf.subjectAltName) !== node) return undefined
    return { key, cert: leaf.toString(), ca: ca.toString(), leaf }
  } catch {
    // Damaged: another one is asked for.
    return undefined
  }
}

const startOf = ({ leaf }: Mine): number => Date.parse(leaf.validFrom)
const endOf = ({ leaf }: Mine): number => Date.parse(leaf.validTo)

function read<T extends TSchema>(schema: T, { status, body }: Asked) {
  if (status !== 200 && status !== 201) throw new Error(`it answers ${status}`)
  const value: unknown = JSON.parse(body)
  if (!Value.Check(schema, value)) throw new Error('its answer is not understood')
  return value
}

/** 'none': this hub gives no certificates. */
type Found = 'none' | 'same' | 'changed'
type Needs = {
  readonly doors: IdentityDoors
  readonly clock: Clock
  readonly random: Random
  readonly say: (text: string) => void
}
export type KeptIdentity = Identity & {
  /** Asks the hub once. @throws with the reason. */
  look(): Promise<Found>
  /** Asks until the signal. */
  keep(signal: AbortSignal): Promise<void>
}

/** Nobody's until the hub has signed it; what was signed and heard before holds over a restart. */
export async function openIdentity(
  { node, state }: { readonly node: string; readonly state: string },
  needs: Needs,
): Promise<KeptIdentity> {
  const { doors, clock, say } = needs
  const hears: (() => void)[] = []
  let mine = mineIn((await doors.read(identityPath(state)))?.body ?? '', node)
  let word = await lastWord(doors, state)
  const here = (): Mine | undefined =>
    mine !== undefined && endOf(mine) > clock.now() ? mine : undefined
  const certified = (peer: string) => here() !== undefined && word.certified.includes(peer)
  const revoked = (serial: string) => word.revoked.includes(serial)

  /** @throws with the reason. False when the hub gives none. */
  const renew = async (): Promise<boolean> => {
    const { key, request } = await doors.newRequest(node)
    const body = Value.Parse(CertificateRequest, { request })
    const answer = await doors.ask('POST', '/v1/certificate', body, ASK_TIMEOUT_MS)
    if (NONE_STATUS.includes(answer.status)) return false
    const { certificate, ca } = read(CertificateAnswer, answer)
    const text = `${certificate.trim()}\n${ca.trim()}\n${key}`
    const next = mineIn(text, node)
    if (next === undefined) throw new Error('its certificate is not for this node')
    await doors.write(identityPath(state), text, 0o600)
    mine = next
    say(`peers know this node by a certificate until ${next.leaf.validTo}`)
    for (const hear of hears) hear()
    return true
  }
  /** Asks for the word, and for a certificate where there is none, it is half through, or the hub does not know it. */
  const look = async (): Promise<Found> => {
    const due = mine === undefined || clock.now() > (startOf(mine) + endOf(mine)) / 2
    if (due && !(await renew())) return 'none'
    const path = `/v1/peers?serial=${mine?.leaf.serialNumber ?? ''}`
    const answer = await doors.ask('GET', path, undefined, ASK_TIMEOUT_MS)
    if (NONE_STATUS.includes(answer.status)) return 'none'
    const next = read(PeersWord, answer)
    if (!next.known) await renew()
    const changed = JSON.stringify(next) !== JSON.stringify(word)
    word = next
    if (changed) await doors.write(wordPath(state), `${JSON.stringify(next)}\n`, 0o600)
    return due || changed || !next.known ? 'changed' : 'same'
  }
  return {
    certified,
    revoked,
    shown: here,
    towards(peer) {
      const own = here()
      return own !== undefined && certified(peer) ? { ...own, node: peer, revoked } : undefined
    },
    onChange: (hear) => void hears.push(hear),
    look,
    keep: (signal) => keepLooking(look, needs, () => mine !== undefined, signal),
  }
}

async function keepLooking(
  look: () => Promise<Found>,
  { clock, random, say }: Pick<Needs, 'clock' | 'random' | 'say'>,
  has: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let soon = SOON_COUNT
  let told = ''
  while (!signal.aborted) {
    let found: Found = 'same'
    try {
      found = await look()
      told = ''
    } catch (error) {
      const why = `cannot renew what peers know this node by: ${tlsWords(error) ?? textOf(error)}`
      // That there is no certificate yet is no news; that one is not renewed is, once.
      if (why !== told && has()) say(why)
      told = why
    }
    soon = found === 'changed' ? SOON_COUNT : soon - 1
    const ms = found === 'none' ? NONE_MS : soon > 0 ? SOON_MS : WORD_MS
    await clock.sleep(ms + random.between(0, Math.floor(ms / 10)), signal).catch(() => undefined)
  }
}

/** What was heard before a restart holds until the hub is heard again. */
async function lastWord(doors: Pick<Host, 'read'>, state: string): Promise<PeersWord> {
  const none: PeersWord = { known: true, certified: [], revoked: [] }
  try {
    const value: unknown = JSON.parse((await doors.read(wordPath(state)))?.body ?? '')
    return Value.Check(PeersWord, value) ? value : none
  } catch {
    return none
  }
}
