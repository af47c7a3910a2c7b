// The hub as a factory, no port: tests call createHub(deps).app.request('/v1/status').
import { type Context, Hono } from 'hono'
import { type Access, admit } from './access.ts'
import type { HubDeps } from './deps.ts'
import { AGENTS_MAX } from './fleet.ts'
import { addressKey } from './gate.ts'
import { createRate } from './rate.ts'
import { page } from './read.ts'
import { remoteOf } from './remote.ts'
import { routes } from './routes.ts'
import type { Session, Wire } from './session.ts'
import { askToken, wantsHtml } from './sign-in.ts'
import { createState, type HubState, TICK_MS } from './state.ts'
import { StoreError } from './store.ts'
import type { Who } from './tokens.ts'

export const SESSIONS_MAX = AGENTS_MAX + 100

export type Hub = {
  readonly app: Hono
  /** Verdict on an upgrade to WS /v1/agent: whose token it is when welcome, else an HTTP status. */
  admitSocket(
    path: string,
    authorization: string | undefined,
    from: string,
  ): Who | 401 | 403 | 404 | 429 | 503
  onSocket(wire: Wire, who: Who): Session
  /** Every TICK_MS by itself; tests on a virtual clock call it. */
  tick(): void
  close(): void
}

function secure(c: Context): void {
  c.header('x-content-type-options', 'nosniff')
  c.header('x-frame-options', 'DENY')
  c.header('referrer-policy', 'no-referrer')
  c.header('cache-control', 'no-store')
  c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
}

async function tickForever(deps: HubDeps, tick: () => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await deps.clock.sleep(TICK_MS, stop).catch(() => undefined)
    if (stop.aborted) return
    try {
      tick()
    } catch (error) {
      deps.log(`hub: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function onError({ deps, guard }: HubState, error: Error, c: Context): Response {
  // Seen by the guard, the page says it too, and the store is tried until it works.
  if (error instanceof StoreError)
    guard.write(() => {
      throw error
    })
  deps.log(`hub: ${c.req.method} ${c.req.path}: ${error.message}`)
  secure(c)
  if (error instanceof StoreError)
    return c.json(
      { error: `${error.message}; nothing was changed, reading goes on, agents are not concerned` },
      503,
    )
  return c.json({ error: 'cannot answer: a fault of the hub, see its log' }, 500)
}

export function createHub(deps: HubDeps): Hub {
  const state = createState(deps)
  const stop = new AbortController()
  const pushes = createRate(100, 20)
  const app = new Hono()
  const ADMISSION = { unknown: 401, forbidden: 403 } as const

  const { wrongTokens } = state
  const judge = (c: Context, access: Access): Response | { who: Who | undefined } => {
    const verdict = admit(deps.book, deps.open, access, {
      method: c.req.method,
      authorization: c.req.header('authorization'),
      cookie: c.req.header('cookie'),
      query: c.req.path === '/' ? c.req.query('token') : undefined,
      host: c.req.header('host') ?? new URL(c.req.url).host,
    })
    const now = deps.clock.monotonic()
    if (verdict.is === 'ok') {
      // Strangers must not use up the rate of operators: signed bodies and the form of sign-in have their own.
      const free = c.req.method === 'GET' || access === 'signer' || access === 'anyone'
      if (free || pushes.take('', now)) return { who: verdict.who }
      return c.json({ error: 'cannot push: too many pushes, try again in a second' }, 429)
    }
    if (!wrongTokens.take(addressKey(remoteOf(c)), now))
      return c.json({ error: 'cannot answer: too many wrong tokens from this address' }, 429)
    if (verdict.is === 'unknown') c.header('www-authenticate', 'Bearer realm="hactl"')
    return c.json({ error: `cannot answer: this needs the ${access} token` }, ADMISSION[verdict.is])
  }
  for (const { method, path, access, handle } of routes)
    if (handle !== undefined)
      app.on(method, path, async (c) => {
        secure(c)
        const judged = judge(c, access)
        if (!(judged instanceof Response)) return handle(state, c, judged.who)
        if (handle !== page || judged.status === 429 || !wantsHtml(c)) return judged
        return askToken(state, c, { status: 401, to: c.req.path, refused: '' })
      })
  app.notFound((c) => {
    secure(c)
    return c.json({ error: 'cannot find that: no such path or method' }, 404)
  })
  app.onError((error, c) => onError(state, error, c))
  void tickForever(deps, state.tick, stop.signal)
  return {
    app,
    admitSocket(path, authorization, from) {
      const route = routes.find((r) => r.method === 'WS' && r.path === path)
      if (route === undefined) return 404
      const by = {
        method: 'WS',
        authorization,
        cookie: undefined,
        query: undefined,
        host: undefined,
      }
      const verdict = admit(deps.book, false, route.access, by)
      if (verdict.is === 'ok')
        return verdict.who === undefined || state.sessions() >= SESSIONS_MAX ? 503 : verdict.who
      return wrongTokens.take(addressKey(from), deps.clock.monotonic())
        ? ADMISSION[verdict.is]
        : 429
    },
    onSocket: state.openSession,
    tick: state.tick,
    close() {
      stop.abort()
      state.close()
    },
  }
}
