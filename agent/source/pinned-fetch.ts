// As fetch, for a hub whose CA is known: fetch itself takes no CA for one call.
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { Readable } from 'node:stream'

/** What a source asks of whoever fetches for it. */
export type Fetch = (
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>
    readonly redirect: 'follow' | 'error'
    readonly signal: AbortSignal
  },
) => Promise<Response>

/** A status that has no body must not be given one (Fetch, null body status). */
const BODILESS = [101, 103, 204, 205, 304]

function answerOf(incoming: IncomingMessage): Response {
  const status = incoming.statusCode ?? 0
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  if (!BODILESS.includes(status)) return new Response(Readable.toWeb(incoming), { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}

/** Follows no redirect: to the caller it is an answer like any other. `ca`: certificates that are believed, undefined for the usual ones. */
export const pinnedFetch =
  (ca: () => readonly string[] | undefined): Fetch =>
  (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const options = { headers: { ...headers }, agent: false as const, signal }
      const on = (incoming: IncomingMessage) => {
        try {
          resolve(answerOf(incoming))
        } catch (error) {
          incoming.destroy()
          reject(error)
        }
      }
      const believed = ca()
      const outgoing = url.startsWith('https:')
        ? requestTls(url, { ...options, ...(believed && { ca: [...believed] }) }, on)
        : request(url, options, on)
      outgoing.on('error', reject)
      outgoing.end()
    })
