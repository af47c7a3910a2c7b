// The hub's HTTP API as functions; every answer is checked, every request bounded in time and size.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Diagnostic } from '../spec/diagnostic.ts'
import { COMMAND_TIMEOUT_MS } from '../spec/limits.ts'
import { Revision } from '../spec/protocol.ts'
import { ClusterStatus, HubEvent } from '../spec/status.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Target } from './target.ts'

const ANSWER_BYTES_MAX = 16 * 1024 * 1024

export type HubSpec = { readonly text: string; readonly revision: number; readonly digest: string }
export type PushRequest = {
  readonly text: string
  /** Revision the pusher has seen; 0 for none. */
  readonly parent: number
  readonly author: string
  readonly note: string
  readonly allow: readonly string[]
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
  status(): Promise<ClusterStatus>
  /** The newest so many, in any order. */
  events(limit: number): Promise<readonly HubEvent[]>
  /** Server-sent events until the hub ends them or the signal aborts. */
  stream(signal: AbortSignal, on: (event: string, data: unknown) => void): Promise<void>
}

type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Call = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const Created = Type.Object({ revision: Type.Integer(), digest: Type.String() })
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
    status: async () => parsed(url, await get('/v1/status'), ClusterStatus),
    events: async (limit) =>
      listed(url, await get(`/v1/events?limit=${limit}`), HubEvent, 'events'),
    stream: (signal, on) => stream(target, signal, on),
  }
}

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
  },
  body: request.text,
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

function expectOk(url: string, answer: Answer): void {
  const { status } = answer
  if (status >= 200 && status < 300) return
  const said = saidBy(answer.body)
  if (status === 401 || status === 403)
    throw new Exit(
      EXIT.refused,
      `cannot use ${url}: ${status === 401 ? 'it does not know the token' : 'the token may not do this'}${said}`,
      'give --token or --token-file, or set HACTL_TOKEN; the hub keeps its tokens in <state>/tokens.json',
    )
  if (status === 413) throw new Exit(EXIT.invalid, `cannot push: the spec is too large${said}`)
  throw new Exit(EXIT.unreachable, `cannot use ${url}: it answers ${status}${said}`)
}

const Said = Type.Object({ error: Type.String() })
function saidBy(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    return Value.Check(Said, value) ? ` (${value.error.slice(0, 200)})` : ''
  } catch {
    return ''
  }
}

function parsed<T extends TSchema>(url: string, answer: Answer, schema: T): Static<T> {
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

function open(target: Target, options: RequestOptions, on: (response: IncomingMessage) => void) {
  const headers = {
    ...options.headers,
    ...(target.token === '' ? {} : { authorization: `Bearer ${target.token}` }),
  }
  if (target.url.startsWith('unix:'))
    return httpRequest({ ...options, headers, socketPath: target.url.slice(5) }, on)
  const base = new URL(target.url)
  const request = base.protocol === 'https:' ? httpsRequest : httpRequest
  const path = base.pathname.replace(/\/$/, '') + (options.path ?? '')
  return request(new URL(path, base), { ...options, path, headers }, on)
}

const unreachable = (url: string, error: Error): Exit =>
  new Exit(
    EXIT.unreachable,
    `cannot reach the hub at ${url}: ${messageOf(error) || 'connection refused'}`,
    'is `hactl hub` running there? --hub, HACTL_HUB or ~/.config/hactl/config.json say where to look',
    error,
  )

function call(target: Target, { method, path, headers = {}, body }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(unreachable(target.url, error))
    const options = { method, path, headers, timeout: COMMAND_TIMEOUT_MS, agent: false }
    let request: ReturnType<typeof open>
    try {
      request = open(target, options, (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', fail)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      })
    } catch (error) {
      // A token with a line break, for instance: node refuses the header.
      reject(new Exit(EXIT.usage, `cannot ask the hub: ${messageOf(error)}`, '', error))
      return
    }
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', fail)
    request.end(body)
  })
}

/** WHATWG HTML 9.2.6, as much as our hub sends: event and data fields, blank line ends. */
function stream(
  target: Target,
  signal: AbortSignal,
  on: (event: string, data: unknown) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream' }
    const options = { method: 'GET', path: '/v1/stream', headers, signal, agent: false }
    const ended = (error: Error) =>
      signal.aborted ? resolve() : reject(unreachable(target.url, error))
    const request = open(target, options, (response) => {
      const status = response.statusCode ?? 0
      if (status !== 200) {
        response.resume()
        try {
          expectOk(target.url, { status: status < 300 ? 599 : status, headers: {}, body: '' })
        } catch (error) {
          reject(error)
        }
        return
      }
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        const blocks = (text + chunk).split(/\r?\n\r?\n/)
        text = (blocks.pop() ?? '').slice(-ANSWER_BYTES_MAX)
        for (const block of blocks) emit(block, on)
      })
      response.on('end', resolve)
      response.on('error', ended)
    })
    request.on('error', ended)
    request.end()
  })
}

function emit(block: string, on: (event: string, data: unknown) => void): void {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
  }
  if (data.length === 0) return
  try {
    on(event, JSON.parse(data.join('\n')))
  } catch (error) {
    // A half sentence of a dying hub is no news; a fault of the listener is.
    if (!(error instanceof SyntaxError)) throw error
  }
}
