// POST /v1/hooks/git: a git server says that something was pushed, and the agents that follow a repository look at once.
import type { Secret } from '../spec/secret.ts'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import type { Clock } from './deps.ts'
import { createRate } from './rate.ts'
import { remoteOf } from './remote.ts'
import type { HubState } from './state.ts'

/** A push of some hundred commits; where more is sent, the agents' own polling finds it. */
const BODY_BYTES_MAX = 1024 * 1024
const BURST = 20
const PER_SECOND = 2
/** However many pushes come, agents are told this often. */
const TELL_MS_MIN = 1_000

export type Hook = {
  /** False when this address asks too often. */
  admits(remote: string): boolean
  /** Tells the agents now, or at a later tick when they were told just before. */
  rung(): void
  tick(): void
}

export function createHook(clock: Clock, tell: () => void): Hook {
  const rate = createRate(BURST, PER_SECOND)
  let toldMs = Number.NEGATIVE_INFINITY
  let pending = false
  const tick = () => {
    if (!pending || clock.monotonic() - toldMs < TELL_MS_MIN) return
    pending = false
    toldMs = clock.monotonic()
    tell()
  }
  return {
    admits: (remote) => rate.take(remote, clock.monotonic()),
    rung() {
      pending = true
      tick()
    },
    tick,
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))

/**
 * GitHub, Gitea and Forgejo sign the body (X-Hub-Signature-256, X-Gitea-Signature: HMAC-SHA-256 in hexadecimal), GitLab
 * sends the secret itself (X-Gitlab-Token). Compared in constant time.
 */
function isAuthentic(
  hookSecret: Secret,
  body: Uint8Array,
  header: (name: string) => string,
): boolean {
  const secret = hookSecret.reveal()
  const expected = createHmac('sha256', secret).update(body).digest('hex')
  return (
    same(header('x-hub-signature-256'), `sha256=${expected}`) ||
    same(header('x-gitea-signature'), expected) ||
    same(header('x-gitlab-token'), secret)
  )
}

/** undefined when there is more than BODY_BYTES_MAX. */
async function bodyOf(c: Context): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of c.req.raw.body ?? []) {
    size += part.byteLength
    if (size > BODY_BYTES_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** What the body says is not believed, and not needed: agents ask the repository that they know. */
export async function gitHook(state: HubState, c: Context): Promise<Response> {
  const { hookSecret } = state.deps
  if (!state.hook.admits(remoteOf(c)))
    return c.json({ error: 'cannot take the hook: too many from this address' }, 429)
  const body = await bodyOf(c)
  if (body === undefined)
    return c.json({ error: `cannot take more than ${BODY_BYTES_MAX} bytes` }, 413)
  if (!isAuthentic(hookSecret, body, (name) => c.req.header(name) ?? ''))
    return c.json({ error: "cannot take the hook: it is not signed with this hub's secret" }, 401)
  if (c.req.header('x-github-event') === 'ping') return c.json({ ok: true })
  state.hook.rung()
  return c.json({ ok: true, agents: state.sessions() }, 202)
}
