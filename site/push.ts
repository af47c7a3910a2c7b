// POST /v1/specs: size, text, checks, compare-and-swap; the only way a spec gets in.
import type { Context } from 'hono'
import { CONFIRM_MS_MAX, CONFIRM_MS_MIN, SPEC_BYTES_MAX } from '../spec/limits.ts'
import { SIGNATURE_LENGTH_MAX } from '../spec/trust/sshsig.ts'
import { specSigner } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

const ALLOW = /^[a-z-]{1,20}$/
const ALLOW_MAX = 8

type Bad = { readonly status: 400 | 413 | 428; readonly error: string }
type Head = {
  readonly parent: number
  readonly allow: readonly string[]
  readonly author: string
  readonly note: string
  readonly confirmMs?: number
}

/** Header text may be percent-encoded UTF-8; what is not, is taken as it stands. */
export function words(text: string | undefined, max: number): string {
  let plain = text ?? ''
  try {
    plain = decodeURIComponent(plain)
  } catch {
    // "100%" is a fine note
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return plain.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, max)
}

function readHead(c: Context): Head | Bad {
  const match = c.req.header('if-match')
  if (match === undefined)
    return {
      status: 428,
      error: 'cannot push without if-match: the revision you started from, 0 for none',
    }
  const parent = /^"?([0-9]{1,15})"?$/.exec(match)?.[1]
  if (parent === undefined) return { status: 400, error: 'cannot read if-match: a revision number' }
  const listed = (c.req.header('x-hactl-allow') ?? '').split(',').map((word) => word.trim())
  const allow = [...new Set(listed.filter((word) => word !== ''))]
  if (allow.length > ALLOW_MAX || !allow.every((word) => ALLOW.test(word)))
    return { status: 400, error: 'cannot read x-hactl-allow: words of a-z and -, at most 8' }
  const window = c.req.header('x-hactl-confirm')
  const confirmMs = Number(window ?? CONFIRM_MS_MIN)
  if (!(confirmMs >= CONFIRM_MS_MIN && confirmMs <= CONFIRM_MS_MAX && Number.isInteger(confirmMs)))
    return {
      status: 400,
      error: `cannot read x-hactl-confirm: milliseconds from ${CONFIRM_MS_MIN} to ${CONFIRM_MS_MAX}`,
    }
  return {
    ...(window === undefined ? {} : { confirmMs }),
    parent: Number(parent),
    allow,
    author: words(c.req.header('x-hactl-author'), 100),
    note: words(c.req.header('x-hactl-note'), 400),
  }
}

/** The body as text of at most `max` bytes; what is too long is not read to its end. */
export async function readBody(c: Context, max: number): Promise<string | Bad> {
  const tooLarge = { status: 413, error: `cannot take more than ${max} bytes` } as const
  if (Number(c.req.header('content-length') ?? 0) > max) return tooLarge
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of c.req.raw.body ?? []) {
    size += part.byteLength
    if (size > max) return tooLarge
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    return { status: 400, error: 'cannot read the request: it is not UTF-8' }
  }
}

/** The name of the token is proved, what the pusher calls himself is not: it stands before the one in brackets. */
export function authorOf(claimed: string, who: Who | undefined): string {
  const token = who?.name ?? ''
  const said = claimed
    .replace(/[()]/g, ' ')
    .trim()
    .slice(0, 98 - token.length)
  return said === '' || said === token ? token : `${said} (${token})`
}

/** A signature that does not fit its text would be refused by every node: better said now. Who signed, nodes judge. */
function signatureOf(c: Context, body: string): { signature: string; signer: string } | Bad {
  const text = c.req.header('x-hactl-signature') ?? ''
  if (text === '') return { signature: '', signer: '' }
  const signature = Buffer.from(text.slice(0, 2 * SIGNATURE_LENGTH_MAX), 'base64').toString(
    'latin1',
  )
  try {
    return { signature, signer: specSigner(signature, body).fingerprint }
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    return { status: 400, error: `cannot take x-hactl-signature: ${error.message}` }
  }
}

export async function pushSpec(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const head = readHead(c)
  if ('error' in head) return c.json({ error: head.error }, head.status)
  const body = await readBody(c, SPEC_BYTES_MAX)
  if (typeof body !== 'string') return c.json({ error: body.error }, body.status)
  const checked = state.deps.check(body)
  if (!checked.ok)
    return c.json(
      { error: 'cannot push: the spec has errors', diagnostics: checked.diagnostics },
      422,
    )
  const signed = signatureOf(c, body)
  if ('error' in signed) return c.json({ error: signed.error }, signed.status)
  const { digest } = checked.value
  const author = authorOf(head.author, who)
  const at = state.deps.clock.now()
  const result = state.deps.store.push({ ...head, ...signed, author, body, digest, at })
  if (result.outcome === 'conflict')
    return c.json(
      {
        error: `cannot push: you started from revision ${head.parent}, the newest is ${result.newest}`,
        revision: result.newest,
      },
      409,
    )
  const { revision } = result.revision
  if (result.outcome === 'same') return c.json({ revision, digest }, 200)
  state.specChanged()
  const note = head.note === '' ? '' : `: ${head.note}`
  state.note('access', `${author} pushed revision ${revision}${note}`)
  return c.json({ revision, digest }, 201)
}
