// One small JSON question to the hub, bounded in time and size; redirects are not followed.
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { bearer, type Secret } from '../../spec/secret.ts'
import { ANSWER_BYTES_MAX } from './limits.ts'

export type Posted = { readonly status: number; readonly body: string }

/** `url` is the hub's address, http(s)://host:port or unix:/path; `ca` what it is believed by, undefined for the usual ones. @throws with the reason when there is no whole answer. */
export function askJson(
  method: 'GET' | 'POST',
  url: string,
  path: string,
  token: Secret,
  value: unknown,
  timeoutMs: number,
  ca?: readonly string[],
): Promise<Posted> {
  const body = method === 'GET' ? '' : JSON.stringify(value)
  const headers = {
    authorization: bearer(token),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  const believed = ca === undefined ? {} : { ca: [...ca] }
  const options = { method, headers, agent: false as const, ...believed }
  return new Promise((resolve, reject) => {
    const on = (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', fail)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) fail(new Error('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(timer)
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    }
    const outgoing = url.startsWith('unix:')
      ? request({ ...options, socketPath: url.slice(5), path }, on)
      : (url.startsWith('https:') ? requestTls : request)(new URL(path, url), options, on)
    const fail = (error: Error) => {
      clearTimeout(timer)
      outgoing.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error('no answer in time')), timeoutMs)
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

export const postJson = (...of: Tail<Parameters<typeof askJson>>): Promise<Posted> =>
  askJson('POST', ...of)
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never
