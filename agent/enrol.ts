// A node's own token for the hub: made here, kept by root alone, accepted by the hub in exchange for a join token.
import { createHash } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { Type } from '@sinclair/typebox'
import { EnrolAnswer } from '../spec/enrol.ts'
import type { AgentConfig } from './config.ts'
import type { Clock, Host, Random } from './world.ts'

const POST_TIMEOUT_MS = 5_000
const AGAIN_MS_MIN = 2_000
const AGAIN_MS_MAX = 60_000
const Said = Type.Object({ error: Type.String() })

export type EnrolDoors = Pick<Host, 'read' | 'write' | 'rename'> & {
  post(
    url: string,
    path: string,
    token: string,
    value: unknown,
    timeoutMs: number,
  ): Promise<{ readonly status: number; readonly body: string }>
  /** 24 random bytes as base64url. */
  secret(): string
}
export type Joining = {
  readonly url: string
  readonly join: string
  readonly node: string
  /** Directory of what must survive a reboot. */
  readonly state: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Another join token is another enrolment, so the token it gave has a file of its own. */
export const tokenPath = ({ state, join }: Pick<Joining, 'state' | 'join'>): string =>
  `${state}/hub-${sha256(join).slice(0, 12)}.token`

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
export async function enrolNode(doors: EnrolDoors, joining: Joining): Promise<string> {
  const { url, join, node } = joining
  const path = tokenPath(joining)
  const have = await doors.read(path)
  if (have !== undefined) return have.body.trim()
  const pending = `${path}.pending`
  let token = (await doors.read(pending))?.body.trim()
  if (token === undefined) {
    token = doors.secret()
    await doors.write(pending, `${token}\n`, 0o600)
  }
  const request = { node, tokenHash: sha256(token) }
  let answer: { status: number; body: string }
  try {
    answer = await doors.post(url, '/v1/enrol', join, request, POST_TIMEOUT_MS)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`cannot enrol at ${url}: ${why}`, { cause })
  }
  if (answer.status !== 201) throw new Error(`cannot enrol at ${url}: ${refusal(answer)}`)
  const said: unknown = JSON.parse(answer.body)
  if (!Value.Check(EnrolAnswer, said) || said.node !== node)
    throw new Error(`cannot enrol at ${url}: it answers for another node`)
  await doors.rename(pending, path)
  return token
}

export type HubKey = {
  /** '' until the hub has accepted this node: it then refuses, which its answer says. */
  token(): string
  /** Tries until it is enrolled; returns at once when it is. */
  keepTrying(signal: AbortSignal): Promise<void>
}

/**
 * The key to the hub as the configuration says: given, in a file, or by enrolment.
 * @throws when a token file is named and cannot be read.
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
  if (hub === undefined || join === undefined) {
    const token = hub === undefined ? '' : await givenToken(hub, doors)
    return { token: () => token, keepTrying: async () => undefined }
  }
  const joining = { url: hub.url, join, node, state }
  let token = (await doors.read(tokenPath(joining)))?.body.trim() ?? ''
  const attempt = async (before: string): Promise<string> => {
    try {
      token = await enrolNode(doors, joining)
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
    keepTrying: async (signal) => {
      let why = ''
      for (let n = 0; token === '' && !signal.aborted; n++) {
        why = await attempt(why)
        const most = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(n, 10))
        const ms = random.between(AGAIN_MS_MIN / 2, most)
        if (token === '') await clock.sleep(ms, signal).catch(() => undefined)
      }
    },
  }
}

async function givenToken(
  hub: NonNullable<AgentConfig['hub']>,
  host: Pick<Host, 'read'>,
): Promise<string> {
  if (hub.tokenFile === undefined) return hub.token ?? ''
  const file = await host.read(hub.tokenFile)
  if (file === undefined)
    throw new Error(`cannot read the hub's token: ${hub.tokenFile} does not exist`)
  return file.body.trim()
}
