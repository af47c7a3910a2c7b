// One question to the hub, or its stream: bounded in time and size, every way to fail said in one sentence.
import { bearer } from '../spec/secret.ts'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { COMMAND_TIMEOUT_MS } from '../spec/limits.ts'
import { tlsWords } from '../spec/tls/words.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Target } from './target.ts'

const ANSWER_BYTES_MAX = 16 * 1024 * 1024

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** @throws Exit refused for a token that is not good enough, invalid for what is too large, else unreachable. */
export function expectOk(url: string, answer: Answer): void {
  const { status } = answer
  if (status >= 200 && status < 300) return
  const words = saidBy(answer.body)
  const said = words === '' ? '' : ` (${words})`
  if (status === 401 || status === 403)
    throw new Exit(
      EXIT.refused,
      `cannot use ${url}: ${status === 401 ? 'it does not know the token' : 'the token may not do this'}${said}`,
      'give --token or --token-file, or set HACTL_TOKEN; the hub keeps its tokens in <state>/tokens.json',
    )
  // Words of the hub's own: what is asked for is no longer so.
  if (status === 409) throw new Exit(EXIT.refused, words, 'hactl status shows what runs')
  if (status === 413) throw new Exit(EXIT.invalid, `cannot push: the spec is too large${said}`)
  throw new Exit(EXIT.unreachable, `cannot use ${url}: it answers ${status}${said}`)
}

const Said = Type.Object({ error: Type.String() })
/** The reason that the hub gives; '' without one. */
export function saidBy(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    return Value.Check(Said, value) ? value.error.slice(0, 300) : ''
  } catch {
    return ''
  }
}

function open(target: Target, options: RequestOptions, on: (response: IncomingMessage) => void) {
  const headers = {
    ...options.headers,
    ...(target.token.empty ? {} : { authorization: bearer(target.token) }),
  }
  if (target.url.startsWith('unix:'))
    return httpRequest({ ...options, headers, socketPath: target.url.slice(5) }, on)
  const base = new URL(target.url)
  const request = base.protocol === 'https:' ? httpsRequest : httpRequest
  const path = base.pathname.replace(/\/$/, '') + (options.path ?? '')
  const ca = target.ca === undefined ? {} : { ca: target.ca }
  return request(new URL(path, base), { ...options, path, headers, ...ca }, on)
}

function unreachable(url: string, error: Error): Exit {
  const doing = `cannot reach the hub at ${url}`
  const tls = tlsWords(error)
  if (tls !== undefined) {
    const hint = '--ca FILE, HACTL_HUB_CA or "ca" in config.json say whom to believe'
    return new Exit(EXIT.unreachable, `${doing}: ${tls}`, hint, error)
  }
  return new Exit(
    EXIT.unreachable,
    `${doing}: ${messageOf(error) || 'connection refused'}`,
    'is `hactl hub` running there? --hub, HACTL_HUB or ~/.config/hactl/config.json say where to look',
    error,
  )
}

export function call(target: Target, { method, path, headers = {}, body }: Call): Promise<Answer> {
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
export function stream(
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
