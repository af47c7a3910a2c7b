// Who may do what: three bearer tokens, made at the first start, compared in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

export type Role = 'viewer' | 'operator' | 'agent'
/** What a route asks for. */
export type Access = 'anyone' | Role

const Token = Type.String({ pattern: '^[A-Za-z0-9_-]{20,200}$' })
const TokenFile = Type.Object({ viewer: Token, operator: Token, agent: Token })
export type Tokens = Static<typeof TokenFile>

/** Roles that satisfy each kind of route. Agents read the spec, so operators may; agents see the status of peers. */
const ADMITS: Readonly<Record<Access, readonly Role[]>> = {
  anyone: ['viewer', 'operator', 'agent'],
  viewer: ['viewer', 'operator', 'agent'],
  agent: ['agent', 'operator'],
  operator: ['operator'],
}
export const COOKIE = 'hactl'

const digest = (text: string) => createHash('sha256').update(text).digest()
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))

/** Role of a token; every token is compared, so that time tells nothing. */
export function roleOf(tokens: Tokens, token: string): Role | undefined {
  const fits = (['operator', 'agent', 'viewer'] as const).filter((r) => same(tokens[r], token))
  return fits[0]
}

export type Credentials = {
  readonly method: string
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  /** ?token= of the page, once. */
  readonly query: string | undefined
  readonly host: string | undefined
}

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

/**
 * Verdict for a route. 'unknown' says: no or a wrong token (401); 'forbidden': a good token of the wrong role (403).
 * A cookie only ever reads, so that another site's form can do nothing.
 */
export function admit(
  tokens: Tokens,
  open: boolean,
  access: Access,
  by: Credentials,
): 'ok' | 'unknown' | 'forbidden' {
  if (access === 'anyone') return 'ok'
  const bearer = /^Bearer +([A-Za-z0-9_-]{1,200})$/i.exec(by.authorization ?? '')?.[1]
  const reading = by.method === 'GET' && access === 'viewer'
  const token = bearer ?? (reading ? (by.query ?? cookieToken(by.cookie)) : undefined)
  const role = token === undefined ? undefined : roleOf(tokens, token)
  if (role !== undefined) return ADMITS[access].includes(role) ? 'ok' : 'forbidden'
  if (open && reading && by.authorization === undefined && isLocalName(by.host)) return 'ok'
  return 'unknown'
}

function writeTokens(path: string, tokens: Tokens): void {
  const temporary = `${path}.new`
  const fd = openSync(temporary, 'w', 0o600)
  try {
    writeSync(fd, `${JSON.stringify(tokens, null, 2)}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Reads <state>/tokens.json, or makes it (mode 0600) when absent.
 * @throws when the file is there but damaged: new tokens would lock every agent out silently.
 */
export function loadTokens(state: string): Tokens {
  const path = join(state, 'tokens.json')
  const text = readText(path)
  if (text === undefined) {
    const token = () => randomBytes(24).toString('base64url')
    const tokens = { viewer: token(), operator: token(), agent: token() }
    writeTokens(path, tokens)
    return tokens
  }
  const refuse = `cannot use ${path}: not three tokens; put it back, or remove it to make new ones`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error(refuse, { cause })
  }
  if (!Value.Check(TokenFile, value)) throw new Error(refuse)
  return value
}
