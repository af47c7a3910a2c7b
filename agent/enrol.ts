// A node's own token for the hub: made here, kept by root alone, accepted by the hub in exchange for a join token.
import { NO_SECRET, Secret } from '../spec/secret.ts'
import { createHash, X509Certificate } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { Type } from '@sinclair/typebox'
import { EnrolAnswer } from '../spec/enrol.ts'
import { certificatesIn, fingerprintOf, isRoot, splitJoin } from '../spec/tls/fingerprint.ts'
import { tlsWords } from '../spec/tls/words.ts'
import type { AgentConfig } from './config.ts'
import type { Clock, Host, Random } from './world.ts'

const POST_TIMEOUT_MS = 5_000
const AGAIN_MS_MIN = 2_000
const AGAIN_MS_MAX = 60_000
const Said = Type.Object({ error: Type.String() })

/** PEM of the certificates that the hub is believed by; none: nobody is; undefined: whom the platform believes. */
export type Believed = readonly string[] | undefined
export type EnrolDoors = Pick<Host, 'read' | 'write' | 'rename'> & {
  post(
    url: string,
    path: string,
    token: Secret,
    value: unknown,
    timeoutMs: number,
    ca?: Believed,
  ): Promise<{ readonly status: number; readonly body: string }>
  /** PEM of what a server shows, its own certificate first; nothing is sent to it. */
  chain(url: string, timeoutMs: number): Promise<readonly string[]>
  /** 24 random bytes as base64url. */
  secret(): Secret
}
export type Joining = {
  readonly url: string
  readonly join: Secret
  /** PEM of the CA that the operator gives; a fingerprint in the join token is not asked for then. */
  readonly ca?: string
  readonly node: string
  /** Directory of what must survive a reboot. */
  readonly state: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Another join token is another enrolment, so the token it gave, and the CA it named, have files of their own. */
const pathOf = ({ state, join }: Pick<Joining, 'state' | 'join'>, what: string): string =>
  `${state}/hub-${sha256(splitJoin(join.reveal()).secret).slice(0, 12)}.${what}`
export const tokenPath = (of: Pick<Joining, 'state' | 'join'>): string => pathOf(of, 'token')
export const caPath = (of: Pick<Joining, 'state' | 'join'>): string => pathOf(of, 'ca.pem')

/** @throws when what answers is not of the CA that the join token names: nothing was sent to it by then. */
async function pinned(doors: EnrolDoors, joining: Joining, fingerprint: string): Promise<string> {
  const path = caPath(joining)
  const kept = await doors.read(path)
  if (kept !== undefined) return kept.body
  const chain = (await doors.chain(joining.url, POST_TIMEOUT_MS)).map(
    (one) => new X509Certificate(one),
  )
  const root = chain.find((one) => fingerprintOf(one) === fingerprint && isRoot(one))
  if (root === undefined)
    throw new Error(
      'what answers there is not the hub that made this join token: its CA is another; nothing was sent to it',
    )
  // Only a name so far: the connection that sends something must prove to have its key.
  const pem = `${root.toString().trim()}\n`
  await doors.write(path, pem, 0o600)
  return pem
}

/** By whom the hub must be signed, as the operator or the join token says. */
async function believed(doors: EnrolDoors, joining: Joining): Promise<Believed> {
  const { ca: fingerprint } = splitJoin(joining.join.reveal())
  if (joining.ca !== undefined) return [joining.ca]
  if (fingerprint === undefined || joining.url.startsWith('unix:')) return undefined
  if (!joining.url.startsWith('https:'))
    throw new Error('this join token is of a hub that speaks TLS: use https://; nothing was sent')
  return [await pinned(doors, joining, fingerprint)]
}

/** What is known of it before the hub is asked. */
export async function knownCa(
  doors: Pick<EnrolDoors, 'read'>,
  joining: Pick<Joining, 'state' | 'join' | 'ca' | 'url'>,
): Promise<Believed> {
  if (joining.ca !== undefined) return [joining.ca]
  if (splitJoin(joining.join.reveal()).ca === undefined || joining.url.startsWith('unix:'))
    return undefined
  const kept = await doors.read(caPath(joining))
  return kept === undefined ? [] : [kept.body]
}

function refusal({ status, body }: { status: number; body: string }): string {
  try {
    const value: unknown = JSON.parse(body)
    if (Value.Check(Said, value)) return `${status}: ${value.error.slice(0, 300)}`
  } catch {
    // The status says enough.
  }
  return `it answers ${status}`
}

/**
 * The node's token: the one that is kept, or a new one that the hub has accepted. The token is on disk before the hub hears of
 * it, so that a cut at any moment is mended by asking again: the hub answers the same hash the same.
 * @throws "cannot enrol ..." with the hub's reason.
 */
export async function enrolNode(
  doors: EnrolDoors,
  joining: Joining,
): Promise<{ readonly token: Secret; readonly ca: Believed }> {
  const { url, join, node } = joining
  const path = tokenPath(joining)
  const have = await doors.read(path)
  const refused = (cause: unknown): Error => {
    const why = tlsWords(cause) ?? (cause instanceof Error ? cause.message : String(cause))
    return new Error(`cannot enrol at ${url}: ${why}`, { cause })
  }
  let ca: Believed
  try {
    ca = await believed(doors, joining)
  } catch (cause) {
    throw refused(cause)
  }
  if (have !== undefined) return { token: new Secret(have.body.trim()), ca }
  const pending = `${path}.pending`
  const begun = await doors.read(pending)
  const token = begun === undefined ? doors.secret() : new Secret(begun.body.trim())
  if (begun === undefined) await doors.write(pending, `${token.reveal()}\n`, 0o600)
  const request = { node, tokenHash: sha256(token.reveal()) }
  let answer: { status: number; body: string }
  try {
    const secret = new Secret(splitJoin(join.reveal()).secret)
    answer = await doors.post(url, '/v1/enrol', secret, request, POST_TIMEOUT_MS, ca)
  } catch (cause) {
    throw refused(cause)
  }
  if (answer.status !== 201) throw new Error(`cannot enrol at ${url}: ${refusal(answer)}`)
  const said: unknown = JSON.parse(answer.body)
  if (!Value.Check(EnrolAnswer, said) || said.node !== node)
    throw new Error(`cannot enrol at ${url}: it answers for another node`)
  await doors.rename(pending, path)
  return { token, ca }
}

export type HubKey = {
  /** Empty until the hub has accepted this node: it then refuses, which its answer says. */
  token(): Secret
  /** Asked for each connection to the hub. */
  ca(): Believed
  /** Tries until it is enrolled; returns at once when it is. */
  keepTrying(signal: AbortSignal): Promise<void>
}

/**
 * The key to the hub as the configuration says: given, in a file, or by enrolment.
 * @throws when a file is named and cannot be used.
 */
export async function openHubKey(
  config: AgentConfig,
  needs: {
    readonly doors: EnrolDoors
    readonly clock: Clock
    readonly random: Random
    readonly say: (text: string) => void
    /** The hub may be asked now. */
    readonly ready: () => void
  },
): Promise<HubKey> {
  const { doors, clock, random, say, ready } = needs
  const { hub, node, state } = config
  const join = hub?.join
  const given = hub?.ca === undefined ? {} : { ca: await givenCa(hub.ca, doors) }
  if (hub === undefined || join === undefined) {
    const token = hub === undefined ? NO_SECRET : await givenToken(hub, doors)
    const ca = given.ca === undefined ? undefined : [given.ca]
    return { token: () => token, ca: () => ca, keepTrying: async () => undefined }
  }
  const joining = { url: hub.url, join, node, state, ...given }
  let ca = await knownCa(doors, joining)
  let token = new Secret((await doors.read(tokenPath(joining)))?.body.trim() ?? '')
  const attempt = async (before: string): Promise<string> => {
    try {
      const enrolled = await enrolNode(doors, joining)
      ca = enrolled.ca
      token = enrolled.token
      say(`enrolled at ${hub.url} as ${node}`)
      ready()
      return ''
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (why !== before) say(why)
      return why
    }
  }
  return {
    token: () => token,
    ca: () => ca,
    keepTrying: async (signal) => {
      let why = ''
      for (let n = 0; token.empty && !signal.aborted; n++) {
        why = await attempt(why)
        const most = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(n, 10))
        const ms = random.between(AGAIN_MS_MIN / 2, most)
        if (token.empty) await clock.sleep(ms, signal).catch(() => undefined)
      }
    },
  }
}

async function givenCa(path: string, host: Pick<Host, 'read'>): Promise<string> {
  const file = await host.read(path)
  if (file === undefined) throw new Error(`cannot read the hub's CA: ${path} does not exist`)
  if (certificatesIn(file.body).length === 0)
    throw new Error(`cannot use ${path} as the hub's CA: there is no certificate in it`)
  return file.body
}

async function givenToken(
  hub: NonNullable<AgentConfig['hub']>,
  host: Pick<Host, 'read'>,
): Promise<Secret> {
  if (hub.tokenFile === undefined) return hub.token ?? NO_SECRET
  const file = await host.read(hub.tokenFile)
  if (file === undefined)
    throw new Error(`cannot read the hub's token: ${hub.tokenFile} does not exist`)
  return new Secret(file.body.trim())
}
