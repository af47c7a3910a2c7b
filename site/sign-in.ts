// A browser gets in by a form: the token is exchanged for a cookie that only looks, and dies with the token.
import type { Context } from 'hono'
import { COOKIE } from './access.ts'
import { addressKey } from './gate.ts'
import { signInHtml } from './page/sign-in.ts'
import { viewOf } from './page/index.ts'
import { readBody } from './push.ts'
import { remoteOf } from './remote.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

const FORM_BYTES_MAX = 2_048
const YEAR_S = 365 * 24 * 3600
/** No Strict-Transport-Security beside it: that would bind every other port of this host name as well. */
const attributes = (c: Context, seconds: number): string =>
  `Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${c.req.url.startsWith('https:') ? '; Secure' : ''}`

export const remember = ({ deps }: HubState, c: Context, who: Who): void =>
  c.header('set-cookie', `${COOKIE}=${deps.book.cookieFor(who)}; ${attributes(c, YEAR_S)}`)

export const newNonce = ({ deps }: HubState): string => deps.id().replace(/[^A-Za-z0-9]/g, '')

/** Only to a page of this hub: the form comes from whoever wrote the link. */
const placeOf = (to: string): string =>
  to.length <= 200 && to.startsWith('/') && viewOf(to) !== undefined ? to : '/'

/** For people; what asks for JSON gets JSON. */
export const wantsHtml = (c: Context): boolean =>
  c.req.method === 'GET' && (c.req.header('accept') ?? '').includes('text/html')

export function askToken(
  state: HubState,
  c: Context,
  { status, to, refused }: { status: 400 | 401 | 403 | 429; to: string; refused: string },
): Response {
  const nonce = newNonce(state)
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  )
  return c.html(signInHtml({ to: placeOf(to), refused, nonce }), status)
}

/** POST /login. Wrong ones count like any wrong token of that address. */
export async function signIn(state: HubState, c: Context): Promise<Response> {
  const body = await readBody(c, FORM_BYTES_MAX)
  const form = new URLSearchParams(typeof body === 'string' ? body : '')
  const [token, to] = [form.get('token')?.trim() ?? '', form.get('to') ?? '/']
  if (token === '') return askToken(state, c, { status: 400, to, refused: 'There was no token.' })
  // Browsers that tell say where a form came from: another site signs nobody in here.
  if (c.req.header('sec-fetch-site') === 'cross-site')
    return askToken(state, c, { status: 403, to, refused: 'Another site sent this form.' })
  const who = state.deps.book.whoIs(token)
  if (who !== undefined && ['viewer', 'operator', 'agent'].includes(who.role)) {
    remember(state, c, who)
    return c.redirect(placeOf(to), 303)
  }
  if (!state.wrongTokens.take(addressKey(remoteOf(c)), state.deps.clock.monotonic()))
    return askToken(state, c, { status: 429, to, refused: 'Too many wrong tokens: wait a second.' })
  const refused =
    who === undefined
      ? 'The hub does not know this token: it may be mistyped, revoked or over.'
      : `This token is for ${who.role === 'join' ? 'enrolment' : 'an agent'}, not for looking.`
  return askToken(state, c, { status: who === undefined ? 401 : 403, to, refused })
}

/** POST /logout: the cookie goes; the token itself ends by `hactl token revoke`. */
export function signOut(_: HubState, c: Context): Response {
  c.header('set-cookie', `${COOKIE}=; ${attributes(c, 0)}`)
  return c.redirect('/', 303)
}
