// A spec from a web server or the hub: conditional GET, bounded in time and size.
import { bearer, type Secret } from '../../spec/secret.ts'
import { CONFIRM_MS_MAX, HUB_PORT, SPEC_BYTES_MAX } from '../../spec/limits.ts'
import { SIGNATURE_LENGTH_MAX } from '../../spec/trust/sshsig.ts'
import { tlsWords } from '../../spec/tls/words.ts'
import type { Fetched, Source } from '../world.ts'
import { type Fetch, pinnedFetch } from './pinned-fetch.ts'

export type HttpSourceOptions = {
  readonly url: string
  /** Asked before each request. */
  readonly token?: () => Secret
  /** Whole request, 1 ms and more. */
  readonly timeoutMs: number
  /** Absent: the fetch of this platform. */
  readonly fetch?: Fetch
  /** Asks for `<url>.sig` too, for servers that only hold files. */
  readonly signed?: boolean
  /** How long the server is asked to hold a question when it has nothing new (seconds); absent or 0: not at all. */
  readonly waitS?: number
  /** Milliseconds that only grow, to see whether it held one. */
  readonly monotonic?: () => number
}

const ALLOW = /^[a-z-]{1,20}$/
const ALLOW_MAX = 8
const ETAG_LENGTH_MAX = 512

async function boundedText(response: Response, max: number): Promise<string> {
  if (Number(response.headers.get('content-length') ?? 0) > max)
    throw new Error(`answer is larger than ${max} bytes`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    // Counted after decompression, so a small answer cannot unfold into a large one.
    if (size > max) throw new Error(`answer is larger than ${max} bytes`)
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

/** The hub sends it along, base64 of its text. */
function signatureOf(headers: Headers): { signature?: string } {
  const text = headers.get('x-hactl-signature') ?? ''
  if (text === '') return {}
  if (text.length > 2 * SIGNATURE_LENGTH_MAX) throw new Error('x-hactl-signature is too long')
  return { signature: Buffer.from(text, 'base64').toString('latin1') }
}

/** undici hides the reason ("fetch failed") one level down. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const tls = tlsWords(error)
  if (tls !== undefined) return tls
  return error.cause instanceof Error && error.cause.message !== ''
    ? error.cause.message
    : error.message
}

/** A source that knows whether its server holds questions until something is new. */
export type HttpSource = Source & {
  /** The last question was held, or this cannot be known yet: the next one may follow at once. */
  holds(): boolean
}

type Place<T> = {
  readonly url: string
  readonly bytesMax: number
  readonly read: (text: string, headers: Headers) => T
  /** Says how long an answer took that was asked to be held, and whether the server says that it did. */
  readonly held?: (tookMs: number, applied: boolean) => void
}

/** One address, remembered by its tag. 'absent' stands for 404. */
function conditional<T>(options: HttpSourceOptions, place: Place<T>) {
  const { token, timeoutMs, waitS = 0 } = options
  const ask = options.fetch ?? fetch
  let etag: string | undefined
  const { monotonic = () => 0 } = options
  return async (signal: AbortSignal): Promise<T | 'same' | 'absent'> => {
    const waits = place.held !== undefined && waitS > 0 && etag !== undefined
    const beganMs = monotonic()
    const response = await ask(place.url, {
      headers: {
        accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(waits ? { prefer: `wait=${waitS}` } : {}),
        ...(token === undefined ? {} : { authorization: bearer(token()) }),
      },
      // A token must not follow a redirect to somebody else.
      redirect: token === undefined ? 'follow' : 'error',
      signal: AbortSignal.any([
        signal,
        AbortSignal.timeout(timeoutMs + (waits ? waitS * 1_000 : 0)),
      ]),
    })
    if (waits) {
      const applied = /\bwait\b/i.test(response.headers.get('preference-applied') ?? '')
      place.held?.(monotonic() - beganMs, applied && response.status === 200)
    }
    if (response.status !== 200) {
      await response.body?.cancel()
      if (response.status === 304 && etag !== undefined) return 'same'
      if (response.status === 404) return 'absent'
      throw new Error(`server answered ${response.status}`)
    }
    const page = place.read(await boundedText(response, place.bytesMax), response.headers)
    // Remembered only after all of it was read: a cut answer must be asked for again.
    const seen = response.headers.get('etag')
    etag = seen !== null && seen.length <= ETAG_LENGTH_MAX ? seen : undefined
    // Without a tag there is no "until it is another one".
    if (etag === undefined) place.held?.(0, false)
    return page
  }
}

const fetchedOf = (body: string, headers: Headers): Fetched => ({
  ...{ body, revision: revisionOf(headers), allow: allowOf(headers) },
  ...confirmOf(headers),
  ...signatureOf(headers),
})

/** Beside the spec, whatever is asked of it. */
function signatureUrl(url: string): string {
  const beside = new URL(url)
  beside.pathname += '.sig'
  return beside.href
}

/**
 * GET with If-None-Match. 304 gives undefined; everything else but 200 throws "cannot fetch ...". What the answer claims
 * (revision, overrides, signature) is handed on as is: trusting it is the pass's decision.
 */
export function httpSource(options: HttpSourceOptions): HttpSource {
  const { url, waitS = 0 } = options
  let holds = waitS > 0
  const askSpec = conditional(options, {
    ...{ url, bytesMax: SPEC_BYTES_MAX, read: fetchedOf },
    // One that answers "nothing new" at once does not hold questions, whatever it says.
    held: (tookMs, applied) => {
      holds = applied || tookMs >= waitS * 500
    },
  })
  const askSignature = conditional(options, {
    url: signatureUrl(url),
    bytesMax: SIGNATURE_LENGTH_MAX,
    read: (text) => ({ text }),
  })
  let spec: Fetched | undefined
  let beside = ''
  let fresh = false
  const ask = async (signal: AbortSignal): Promise<Fetched | undefined> => {
    const page = await askSpec(signal)
    if (page === 'absent') throw new Error('no spec there (404)')
    if (page !== 'same') {
      spec = page
      fresh = true
    }
    if (options.signed === true) {
      const found = await askSignature(signal)
      const signature = found === 'absent' ? '' : found === 'same' ? beside : found.text
      // A new signature makes the spec new: the two are seldom put there at one instant.
      fresh ||= signature !== beside
      beside = signature
    }
    if (!fresh || spec === undefined) return undefined
    fresh = false
    return beside === '' ? spec : { ...spec, signature: beside }
  }
  return {
    name: url,
    holds: () => holds,
    async fetch(signal) {
      try {
        return await ask(signal)
      } catch (cause) {
        holds = false
        throw new Error(`cannot fetch ${url}: ${reason(cause)}`, { cause })
      }
    },
  }
}

/** The hub's newest spec, from a hub of this `ca` (undefined: whom the platform believes). `url` is the hub's address; the port defaults to HUB_PORT for plain host names. */
export function hubSource(
  options: HttpSourceOptions & { readonly ca?: () => readonly string[] | undefined },
): Source {
  const { ca = () => undefined } = options
  const base = /^https?:\/\//.test(options.url)
    ? options.url
    : `http://${options.url}${/:\d+$/.test(options.url) ? '' : `:${HUB_PORT}`}`
  return httpSource({ ...options, fetch: pinnedFetch(ca), url: new URL('/v1/spec', base).href })
}
