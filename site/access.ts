// Who may do what: a bearer token says who asks, the route table what that takes. Everything else is refused.
import { isIP } from 'node:net'
import type { Role, TokenBook, Who } from './tokens.ts'

/** What a route asks for; who signs the body (`signer`) is judged by what reads it. */
export type Access = 'anyone' | 'viewer' | 'operator' | 'agent' | 'joiner' | 'signer'

/**
 * Roles that satisfy each kind of route. Agents read the spec, so operators may. `agent` is the token that all agents of an
 * old set-up share; `node` is one node's own: it reports for that node and reads the spec, nothing else.
 */
const ADMITS: Readonly<Record<Access, readonly Role[]>> = {
  anyone: [],
  signer: [],
  viewer: ['viewer', 'operator', 'agent'],
  agent: ['agent', 'node', 'operator'],
  operator: ['operator'],
  joiner: ['join'],
}
export const COOKIE = 'hactl'

export type Credentials = {
  readonly method: string
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  /** ?token= of the page, once. */
  readonly query: string | undefined
  readonly host: string | undefined
}
/** 'unknown': no or a wrong token (401); 'forbidden': a good token of the wrong role (403). `who` is absent without a token. */
export type Verdict =
  | { readonly is: 'ok'; readonly who?: Who }
  | { readonly is: 'unknown' | 'forbidden' }

const cookieToken = (cookie: string | undefined): string | undefined =>
  cookie
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)

/** A name with a dot may be somebody's DNS rebinding; an address, localhost or a bare host name is not. */
function isLocalName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || isIP(name) !== 0 || /^[a-z0-9-]*$/i.test(name)
}

const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +([A-Za-z0-9_-]{1,200})$/i.exec(authorization ?? '')?.[1]

/** Verdict for a route. A cookie only ever reads, so that another site's form can do nothing. */
export function admit(book: TokenBook, open: boolean, access: Access, by: Credentials): Verdict {
  if (access === 'anyone' || access === 'signer') return { is: 'ok' }
  const bearer = bearerOf(by.authorization)
  const reading = by.method === 'GET' && access === 'viewer'
  const cookie = reading && bearer === undefined ? cookieToken(by.cookie) : undefined
  const token = bearer ?? (reading ? by.query : undefined)
  const who =
    token !== undefined
      ? book.whoIs(token)
      : cookie !== undefined
        ? book.whoLooks(cookie)
        : undefined
  if (who !== undefined)
    return ADMITS[access].includes(who.role) ? { is: 'ok', who } : { is: 'forbidden' }
  if (open && reading && by.authorization === undefined && isLocalName(by.host)) return { is: 'ok' }
  return { is: 'unknown' }
}
