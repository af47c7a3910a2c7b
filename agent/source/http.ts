// A spec from a web server or the hub: conditional GET, bounded in time and size.
import { CONFIRM_MS_MAX, HUB_PORT, SPEC_BYTES_MAX } from '../../spec/limits.ts'
import type { Fetched, Source } from '../world.ts'

export type HttpSourceOptions = {
  readonly url: string
  /** Asked before each request. */
  readonly token?: () => string
  /** Whole request, 1 ms and more. */
  readonly timeoutMs: number
}

const ALLOW = /^[a-z-]{1,20}$/
const ALLOW_MAX = 8
const ETAG_LENGTH_MAX = 512

async function boundedText(response: Response): Promise<string> {
  if (Number(response.headers.get('content-length') ?? 0) > SPEC_BYTES_MAX)
    throw new Error(`answer is larger than ${SPEC_BYTES_MAX} bytes`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    // Counted after decompression, so a small answer cannot unfold into a large one.
    if (size > SPEC_BYTES_MAX) throw new Error(`answer is larger than ${SPEC_BYTES_MAX} bytes`)
    parts.push(part)
  }
  // ignoreBOM keeps the mark, so that the parser sees exactly what was sent.
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
}

function revisionOf(headers: Headers): number {
  const text = headers.get('x-hactl-revision')
  if (text === null) return 0
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new Error('x-hactl-revision is not a number')
  return Number(text)
}

function allowOf(headers: Headers): readonly string[] {
  const words = (headers.get('x-hactl-allow') ?? '').split(',').map((word) => word.trim())
  const allow = words.filter((word) => word !== '')
  if (allow.length > ALLOW_MAX || !allow.every((word) => ALLOW.test(word)))
    throw new Error('x-hactl-allow is not a list of words')
  return allow
}

function confirmOf(headers: Headers): Pick<Fetched, 'confirmMs'> {
  const text = headers.get('x-hactl-confirm')
  if (text === null) return {}
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) > CONFIRM_MS_MAX)
    throw new Error('x-hactl-confirm is not a time in milliseconds')
  return { confirmMs: Number(text) }
}

/** undici hides the reason ("fetch failed") one level down. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== ''
    ? error.cause.message
    : error.message
}

/**
 * GET with If-None-Match. 304 gives undefined; everything else but 200 throws "cannot fetch ...". What the answer claims
 * (revision, overrides) is handed on as is: trusting it is the pass's decision.
 */
export function httpSource({ url, token, timeoutMs }: HttpSourceOptions): Source {
  let etag: string | undefined
  const ask = async (signal: AbortSignal): Promise<Fetched | undefined> => {
    const response = await fetch(url, {
      headers: {
        accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
      },
      // A token must not follow a redirect to somebody else.
      redirect: token === undefined ? 'follow' : 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      if (response.status === 304 && etag !== undefined) return undefined
      throw new Error(
        response.status === 404 ? 'no spec there (404)' : `server answered ${response.status}`,
      )
    }
    const body = await boundedText(response)
    const fetched = {
      body,
      revision: revisionOf(response.headers),
      allow: allowOf(response.headers),
      ...confirmOf(response.headers),
    }
    // Remembered only after all of it was read: a cut answer must be asked for again.
    const seen = response.headers.get('etag')
    etag = seen !== null && seen.length <= ETAG_LENGTH_MAX ? seen : undefined
    return fetched
  }
  return {
    name: url,
    async fetch(signal) {
      try {
        return await ask(signal)
      } catch (cause) {
        throw new Error(`cannot fetch ${url}: ${reason(cause)}`, { cause })
      }
    },
  }
}

/** The hub's newest spec. `url` is the hub's address; the port defaults to HUB_PORT for plain host names. */
export function hubSource(options: HttpSourceOptions): Source {
  const base = /^https?:\/\//.test(options.url)
    ? options.url
    : `http://${options.url}${/:\d+$/.test(options.url) ? '' : `:${HUB_PORT}`}`
  return httpSource({ ...options, url: new URL('/v1/spec', base).href })
}
