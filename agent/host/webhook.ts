// One POST to one webhook, once.
import { bearer } from '../../spec/secret.ts'
import type { ClusterWebhook } from '../../spec/notify.ts'
import type { Notice, Sender } from '../../spec/notice.ts'
import { jsonBody, slackBody } from '../../spec/notice-text.ts'
import type { Attempt } from './courier.ts'
import type { Trying } from './mailer.ts'
import { codeOf, readSecretLine, redacted, type SecretReader } from './secret-file.ts'

export const WEBHOOK_MS_MAX = 10_000
/** A server may ask for patience, but not for more than this. */
const RETRY_AFTER_MS_MAX = 300_000

async function addressOf(hook: ClusterWebhook, read: SecretReader): Promise<URL> {
  const text = 'url' in hook.at ? hook.at.url : (await read(hook.at.file)).reveal()
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text)
  const where =
    'url' in hook.at ? 'its url' : hook.at.file.startsWith('age:') ? 'its address' : hook.at.file
  throw new Error(`cannot use ${where}: no http or https address`)
}

/** Seconds only: a date would need the clocks to agree (RFC 9110 section 10.2.3). */
function retryAfter(response: Response): { readonly afterMs?: number } {
  const seconds = /^\d{1,6}$/.exec(response.headers.get('retry-after') ?? '')?.[0]
  return seconds === undefined
    ? {}
    : { afterMs: Math.min(RETRY_AFTER_MS_MAX, Number(seconds) * 1000) }
}

/** The first piece of the answer is enough to know why. */
async function begin(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const piece = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(piece?.value).slice(0, 120)
}

async function judge(response: Response, host: string): Promise<Attempt> {
  const { status } = response
  const said = status >= 200 && status < 300 ? '' : await begin(response)
  if (response.ok) {
    await response.body?.cancel()
    return { ok: true, again: false, text: `${host} answered ${status}` }
  }
  const again = status === 408 || status === 425 || status === 429 || status >= 500
  const moved = status >= 300 && status < 400 ? ' and redirects, which is not followed' : ''
  const text = `${host} answered ${status}${moved}${said === '' ? '' : `: ${said}`}`
  return { ok: false, again, text, ...(again ? retryAfter(response) : {}) }
}

/** fetch hides the reason in the cause. */
const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.name === 'TimeoutError') return 'no answer in time'
  const ours = thrown.message.startsWith('cannot ') || thrown.cause === undefined
  return ours ? thrown.message : codeOf(thrown.cause)
}

/** Never throws; at most timeoutMs. Addresses are secrets of many services: only the host is ever said. */
export async function postWebhook(
  hook: ClusterWebhook,
  notice: Notice,
  sender: Sender,
  stop: AbortSignal,
  { timeoutMs = WEBHOOK_MS_MAX, read = readSecretLine }: Trying = {},
): Promise<Attempt> {
  const secrets: string[] = []
  let host = ''
  try {
    const url = await addressOf(hook, read)
    host = `${url.host}: `
    secrets.push(url.href, url.pathname.length > 1 ? url.pathname : '', url.search)
    const token = hook.tokenFile === undefined ? undefined : await read(hook.tokenFile)
    if (token !== undefined) secrets.push(token.reveal())
    const body = hook.format === 'slack' ? slackBody(notice, sender) : jsonBody(notice, sender)
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'user-agent': 'hactl' },
        'idempotency-key': notice.id,
        ...(token !== undefined && { authorization: bearer(token) }),
      },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
    const attempt = await judge(response, url.host)
    return { ...attempt, text: redacted(attempt.text, secrets) }
  } catch (thrown) {
    const why = reasonOf(thrown)
    const text = why.startsWith('cannot ') ? why : `${host}${why}`
    return { ok: false, again: true, text: redacted(text, secrets) }
  }
}
