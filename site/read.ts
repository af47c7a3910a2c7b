// Everything the hub answers without changing anything.
import type { Context } from 'hono'
import { COOKIE } from './access.ts'
import { toRecord } from './notify.ts'
import { confirmLeftMs } from './confirm.ts'
import { newNonce, remember } from './sign-in.ts'
import type { HubState } from './state.ts'
import type { StoredSpec } from './store-revisions.ts'
import type { Who } from './tokens.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000

export const fail = (c: Context, status: 400 | 404 | 503, error: string): Response =>
  c.json({ error }, status)

/** A whole number from the query, or the default; undefined when it is no number. */
function whole(c: Context, key: string, otherwise: number): number | undefined {
  const text = c.req.query(key)
  if (text === undefined) return otherwise
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}
function range(c: Context): { before: number; limit: number } | undefined {
  const before = whole(c, 'before', Number.MAX_SAFE_INTEGER)
  const limit = whole(c, 'limit', LIMIT_DEFAULT)
  if (before === undefined || limit === undefined || limit < 1) return undefined
  return { before, limit: Math.min(limit, LIMIT_MAX) }
}
const BAD_RANGE = `cannot read before= or limit=: whole numbers, limit 1 to ${LIMIT_MAX}`

export const health = (state: HubState, c: Context): Response =>
  c.json({
    ok: true,
    store: state.guard.fault() === '' ? 'ok' : 'cannot write',
    agents: state.sessions(),
  })

export const status = (state: HubState, c: Context): Response => c.json(state.fleet.status())

export function events(state: HubState, c: Context): Response {
  const at = range(c)
  return at === undefined
    ? fail(c, 400, BAD_RANGE)
    : c.json(state.deps.store.events(at.before, at.limit))
}

/** Open ones, and a page of those that ended. */
export function alerts(state: HubState, c: Context): Response {
  const at = range(c)
  if (at === undefined) return fail(c, 400, BAD_RANGE)
  const closed = state.deps.store.alerts(at.before, at.limit).map(toRecord)
  return c.json({ open: state.openAlerts(), closed })
}

export function revisions(state: HubState, c: Context): Response {
  const at = range(c)
  return at === undefined
    ? fail(c, 400, BAD_RANGE)
    : c.json(state.deps.store.revisions(at.before, at.limit))
}

/**
 * The revision is part of the tag: the same spec pushed again with another override must reach agents that hold the
 * digest already.
 */
export const etagOf = (spec: StoredSpec): string => `"${spec.revision}-${spec.digest}"`

function specAnswer(state: HubState, c: Context, spec: StoredSpec): Response {
  const etag = etagOf(spec)
  c.header('etag', etag)
  c.header('x-hactl-revision', String(spec.revision))
  c.header('x-hactl-digest', spec.digest)
  c.header('x-hactl-allow', spec.allow.join(','))
  const leftMs = confirmLeftMs(spec, state.deps.clock.now())
  if (leftMs !== undefined) c.header('x-hactl-confirm', String(leftMs))
  if (spec.signature !== '')
    c.header('x-hactl-signature', Buffer.from(spec.signature).toString('base64'))
  const asked = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim())
  if (asked.includes(etag)) return c.body(null, 304)
  c.header('content-type', 'application/json; charset=utf-8')
  return c.body(spec.body)
}

export function spec(state: HubState, c: Context): Response {
  const newest = state.newest()
  return newest === undefined
    ? fail(c, 404, 'cannot give a spec: none was pushed yet')
    : specAnswer(state, c, newest)
}

export function specAt(state: HubState, c: Context): Response {
  const text = c.req.param('revision') ?? ''
  const found = /^[1-9][0-9]{0,14}$/.test(text) ? state.deps.store.spec(Number(text)) : undefined
  return found === undefined
    ? fail(c, 404, `cannot find revision ${text.slice(0, 20)}`)
    : specAnswer(state, c, found)
}

/** With view= the parts of that page that differ; since= says what the reader has. */
export function stream(state: HubState, c: Context, who: Who | undefined): Response {
  const view = c.req.query('view')
  const since = c.req.header('last-event-id') ?? c.req.query('since') ?? ''
  const watch = view === undefined ? undefined : state.live.watch(view, since)
  if (view !== undefined && watch === undefined)
    return fail(c, 404, 'cannot stream that: no such page')
  const body = state.feed.open(watch, who)
  if (body === undefined) return fail(c, 503, 'cannot stream: too many readers')
  c.header('content-type', 'text/event-stream; charset=utf-8')
  c.header('x-accel-buffering', 'no')
  return c.body(body)
}

/** With ?token= the browser gets a cookie, and always one that only looks: that needs no more. */
export function page(state: HubState, c: Context, who: Who | undefined): Response {
  if (c.req.query('token') !== undefined && who !== undefined) remember(state, c, who)
  const nonce = newNonce(state)
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  )
  const before = c.req.query('before')
  const path = before === undefined ? c.req.path : `${c.req.path}?before=${before}`
  const byCookie = c.req.header('cookie')?.includes(`${COOKIE}=`) === true
  const signedIn = byCookie && who !== undefined ? who.name : ''
  const text = state.live.page(path, state.fleet.status(), { nonce, signedIn })
  return text === undefined ? fail(c, 404, 'cannot find that: no such page') : c.html(text)
}
