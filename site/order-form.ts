// Orders from a browser, by a form that works without script. It carries the operator's token: a cookie does nothing here.
import type { Context } from 'hono'
import { ORDER_MS_MAX, ORDER_MS_MIN } from '../spec/limits.ts'
import { ORDER_ABOUT, ORDER_KINDS } from '../spec/order.ts'
import { addressKey } from './gate.ts'
import { give, lift } from './order-routes.ts'
import { type Asked, type OrderForm, orderHtml, placeOf } from './page/orders.ts'
import { readBody } from './push.ts'
import { remoteOf } from './remote.ts'
import { newNonce } from './sign-in.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

const FORM_BYTES_MAX = 4_096
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const ABOUT = new RegExp(ORDER_ABOUT)

type Fields = { get(name: string): string | null | undefined }

function askedIn(fields: Fields): Asked | undefined {
  const kind = ORDER_KINDS.find((one) => one === fields.get('kind'))
  const about = fields.get('about') ?? ''
  const does = fields.get('do')
  if (kind === undefined || !ABOUT.test(about) || (does !== 'give' && does !== 'end'))
    return undefined
  return { does, kind, about }
}

const FRESH = { reason: '', forTime: '', refused: '', mayForce: false }

function show(
  state: HubState,
  c: Context,
  form: Omit<OrderForm, 'nonce'>,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 429,
): Response {
  const nonce = newNonce(state)
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  )
  return c.html(orderHtml({ ...form, nonce }), status)
}

/** GET /order?do=give&kind=pause&about=lb1: asks before anything happens. */
export function orderPage(state: HubState, c: Context): Response {
  const asked = askedIn({ get: (name) => c.req.query(name) })
  return asked === undefined
    ? c.json({ error: 'cannot show that: do=, kind= and about= name no order' }, 400)
    : show(state, c, { ...FRESH, ...asked }, 200)
}

/** undefined when it is no time; 0 for none. */
function timeIn(text: string): number | undefined {
  if (text === '') return 0
  const [, count, unit = ''] = /^([0-9]{1,4})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN)
  return ms >= ORDER_MS_MIN && ms <= ORDER_MS_MAX ? ms : undefined
}

/** Whose token it is, or why it is of no use. Wrong ones count like any wrong token of that address. */
function operatorOf(
  state: HubState,
  c: Context,
  token: string,
): Who | { readonly status: 401 | 403 | 429; readonly why: string } {
  // Browsers that tell say where a form came from.
  if (c.req.header('sec-fetch-site') === 'cross-site')
    return { status: 403, why: 'Another site sent this form.' }
  const who = state.deps.book.whoIs(token)
  if (who?.role === 'operator') return who
  if (!state.wrongTokens.take(addressKey(remoteOf(c)), state.deps.clock.monotonic()))
    return { status: 429, why: 'Too many wrong tokens: wait a second.' }
  return who === undefined
    ? { status: 401, why: 'The hub does not know this token: it may be mistyped, revoked or over.' }
    : { status: 403, why: 'This needs the token of an operator.' }
}

/** POST /order, as the form sends it. */
export async function orderSent(state: HubState, c: Context): Promise<Response> {
  const body = await readBody(c, FORM_BYTES_MAX)
  const fields = new URLSearchParams(typeof body === 'string' ? body : '')
  const asked = askedIn(fields)
  const who = operatorOf(state, c, (fields.get('token') ?? '').trim())
  if (asked === undefined && 'why' in who) return c.json({ error: who.why }, who.status)
  if (asked === undefined)
    return c.json({ error: 'cannot read the form: do, kind and about name no order' }, 400)
  const text = { reason: fields.get('reason') ?? '', forTime: (fields.get('for') ?? '').trim() }
  const form = { ...FRESH, ...asked, ...text }
  if ('why' in who) return show(state, c, { ...form, refused: who.why }, who.status)
  const forMs = timeIn(text.forTime)
  if (forMs === undefined) {
    const refused = 'The time is 30m, 2h or 7d, at most 30 days; empty for no end.'
    return show(state, c, { ...form, refused }, 400)
  }
  const order = {
    ...{ kind: asked.kind, about: asked.about, reason: text.reason },
    ...(forMs === 0 ? {} : { forMs }),
    ...(fields.get('force') === 'yes' ? { force: true } : {}),
  }
  const done = asked.does === 'give' ? give(state, order, who.name) : lift(state, asked, who.name)
  if ('error' in done)
    return show(
      state,
      c,
      { ...form, refused: done.error, mayForce: done.status === 409 },
      done.status,
    )
  return c.redirect(placeOf(asked.about), 303)
}
