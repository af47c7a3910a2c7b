// The hub's HTTP API as functions; every answer is checked.
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Diagnostic } from '../spec/diagnostic.ts'
import type { OrderKind } from '../spec/order.ts'
import { Revision } from '../spec/protocol.ts'
import { Alerts, ClusterStatus, HubEvent } from '../spec/status.ts'
import { EXIT, Exit } from './exit.ts'
import type { Target } from './target.ts'
import { type Answer, type Call, call, expectOk, stream } from './transport.ts'

export type HubSpec = { readonly text: string; readonly revision: number; readonly digest: string }
export type PushRequest = {
  readonly text: string
  /** Revision the pusher has seen; 0 for none. */
  readonly parent: number
  readonly author: string
  readonly note: string
  readonly allow: readonly string[]
  /** Agents go back unless it is confirmed within so many milliseconds. */
  readonly confirmMs?: number
  /** Text of its signature. */
  readonly signature?: string | undefined
}
export type OrderRequest = {
  readonly kind: OrderKind
  readonly about: string
  readonly author: string
  readonly reason?: string
  readonly forMs?: number
  /** Also where nobody else could serve. */
  readonly force?: boolean
}
export type Pushed =
  | { readonly is: 'created' | 'same'; readonly revision: number; readonly digest: string }
  | { readonly is: 'conflict'; readonly revision: number }
  | { readonly is: 'invalid'; readonly diagnostics: readonly Diagnostic[] }

export type HubClient = {
  readonly url: string
  /** undefined before the first push. */
  spec(): Promise<HubSpec | undefined>
  /** Newest first. */
  revisions(limit?: number): Promise<readonly Revision[]>
  revision(revision: number): Promise<HubSpec | undefined>
  push(request: PushRequest): Promise<Pushed>
  /** Throws Exit(refused) when there is nothing to confirm any more. */
  confirm(revision: number): Promise<void>
  /** The id of the order. Throws Exit(refused) with the hub's words when it may not be. */
  giveOrder(order: OrderRequest): Promise<string>
  /** Throws Exit(refused) when there is none. */
  endOrder(order: Pick<OrderRequest, 'kind' | 'about' | 'author'>): Promise<void>
  status(): Promise<ClusterStatus>
  /** The newest so many, in any order; with `before` only those of an earlier seq. */
  events(limit: number, before?: number): Promise<readonly HubEvent[]>
  /** Open ones, and a page of those that ended. */
  alerts(limit: number, before?: number): Promise<Alerts>
  /** Server-sent events until the hub ends them or the signal aborts. */
  stream(signal: AbortSignal, on: (event: string, data: unknown) => void): Promise<void>
}

const Created = Type.Object({ revision: Type.Integer(), digest: Type.String() })
const Ordered = Type.Object({ id: Type.String() })
const Conflict = Type.Object({ revision: Type.Integer() })
const Invalid = Type.Object({
  diagnostics: Type.Array(
    Type.Object({
      code: Type.String(),
      severity: Type.Union([Type.Literal('error'), Type.Literal('warning'), Type.Literal('info')]),
      path: Type.String(),
      message: Type.String(),
      hint: Type.String(),
      at: Type.Optional(Type.Object({ line: Type.Integer(), column: Type.Integer() })),
    }),
  ),
})

/** Throws Exit(unreachable) when nothing usable answers, Exit(refused) when the token is not good enough. */
export function hubClient(target: Target): HubClient {
  const { url } = target
  const get = (path: string) => call(target, { method: 'GET', path })
  const specAt = async (path: string): Promise<HubSpec | undefined> => {
    const answer = await get(path)
    if (answer.status === 404) return undefined
    expectOk(url, answer)
    return {
      text: answer.body,
      revision: Number(answer.headers['x-hactl-revision'] ?? 0),
      digest: String(answer.headers['x-hactl-digest'] ?? ''),
    }
  }
  return {
    url,
    spec: () => specAt('/v1/spec'),
    revision: (revision) => specAt(`/v1/specs/${revision}`),
    revisions: async (limit = 20) =>
      listed(url, await get(`/v1/specs?limit=${limit}`), Revision, 'revisions'),
    push: async (request) => pushed(url, await call(target, pushCall(request))),
    confirm: async (revision) => expectOk(url, await call(target, confirmCall(revision))),
    giveOrder: async ({ author, ...order }) => {
      const headers = { 'x-hactl-author': headerText(author), 'content-type': 'application/json' }
      const body = JSON.stringify(order)
      const answer = await call(target, { method: 'POST', path: '/v1/orders', headers, body })
      return parsed(url, refusable(answer), Ordered).id
    },
    endOrder: async ({ kind, about, author }) => {
      const path = `/v1/orders?kind=${kind}&about=${encodeURIComponent(about)}`
      const headers = { 'x-hactl-author': headerText(author) }
      expectOk(url, refusable(await call(target, { method: 'DELETE', path, headers })))
    },
    status: async () => parsed(url, await get('/v1/status'), ClusterStatus),
    events: async (limit, before) =>
      listed(url, await get(`/v1/events?${range(limit, before)}`), HubEvent, 'events'),
    alerts: async (limit, before) =>
      parsed(url, await get(`/v1/alerts?${range(limit, before)}`), Alerts),
    stream: (signal, on) => stream(target, signal, on),
  }
}

const range = (limit: number, before: number | undefined): string =>
  `limit=${limit}${before === undefined ? '' : `&before=${before}`}`

const pushCall = (request: PushRequest): Call => ({
  method: 'POST',
  path: '/v1/specs',
  headers: {
    'content-type': 'application/json',
    'if-match': `"${request.parent}"`,
    // Header values are Latin-1 at best (RFC 9110 5.5): the rest travels percent-encoded.
    'x-hactl-author': headerText(request.author),
    'x-hactl-note': headerText(request.note),
    'x-hactl-allow': request.allow.join(','),
    ...(request.confirmMs === undefined ? {} : { 'x-hactl-confirm': String(request.confirmMs) }),
    ...(request.signature !== undefined && {
      'x-hactl-signature': Buffer.from(request.signature).toString('base64'),
    }),
  },
  body: request.text,
})
/** What the hub does not know, it refuses in its own words, as what it may not do. */
const refusable = (answer: Answer): Answer =>
  [400, 404].includes(answer.status) ? { ...answer, status: 409 } : answer
const confirmCall = (revision: number): Call => ({
  method: 'POST',
  path: '/v1/confirm',
  headers: { 'if-match': `"${revision}"` },
})
const headerText = (text: string): string =>
  text.replace(/[^\u0020-\u0024\u0026-\u007e]+/gu, (part) =>
    encodeURIComponent(part.toWellFormed()),
  )

function pushed(url: string, answer: Answer): Pushed {
  if (answer.status === 409 || answer.status === 412)
    return { is: 'conflict', revision: parsed(url, { ...answer, status: 200 }, Conflict).revision }
  if (answer.status === 422)
    return {
      is: 'invalid',
      diagnostics: parsed(url, { ...answer, status: 200 }, Invalid).diagnostics,
    }
  const { revision, digest } = parsed(url, answer, Created)
  return { is: answer.status === 201 ? 'created' : 'same', revision, digest }
}

export function parsed<T extends TSchema>(url: string, answer: Answer, schema: T): Static<T> {
  expectOk(url, answer)
  const value = json(url, answer.body)
  if (Value.Check(schema, value)) return value
  const first = Value.Errors(schema, value).First()
  throw notOurs(url, `${first?.path ?? ''} ${first?.message ?? ''}`)
}

/** A list, bare or under its name. */
function listed<T extends TSchema>(url: string, answer: Answer, item: T, name: string) {
  expectOk(url, answer)
  const value = json(url, answer.body)
  const list: unknown =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).find(([key]) => key === name)?.[1]
      : value
  const schema = Type.Array(item)
  if (Value.Check(schema, list)) return list
  throw notOurs(url, `no list of ${name}`)
}

function json(url: string, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw notOurs(url, 'no JSON')
  }
}

const notOurs = (url: string, why: string): Exit =>
  new Exit(
    EXIT.unreachable,
    `cannot understand ${url}: ${why}`,
    'is it a hactl hub, of a version near to this one?',
  )
