// What a revision changed, line by line. Viewers read it, so what looks like a secret is masked on both sides.
import { structuredPatch } from 'diff'
import { type Html, html } from './html.ts'

const LINES_MAX = 2_000
const CONTEXT_LINES = 3
/** Two texts of a megabyte that share nothing would keep the hub busy. */
const EDITS_MAX = 2_000
const SECRET_KEY = /pass|secret|token|key|credential|hash|auth/i
const SECRET_TEXT =
  /(?:password|passwd|secret|token|api[-_]?key|credential)[^a-z0-9]+\S{4,}|\b(?:basic|bearer)\s+\S{8,}|\bauth\s+\S+:\S+|:\/\/[^/@\s]*:[^/@\s]*@|^\$(?:5|6|2y)\$|AGE-SECRET|hooks\.slack\.com|\/api\/webhooks|webhook\.office\.com/i
const MASK = '(hidden)'

/** Below a key that sounds secret everything is; references to secrets (…File) are names of places and may be read. */
function masked(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret || SECRET_TEXT.test(value) ? MASK : value
  if (Array.isArray(value)) return value.map((one) => masked(one, secret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      masked(one, !/File$/.test(key) && (secret || SECRET_KEY.test(key))),
    ]),
  )
}

/** A spec for the eyes of viewers, one value a line; '' when it is no JSON. */
export function readable(text: string): string {
  try {
    return `${JSON.stringify(masked(JSON.parse(text), false), null, 2)}\n`
  } catch {
    return ''
  }
}

type Line = readonly [kind: 'added' | 'removed' | 'same' | 'place', text: string]
const KIND = { '+': 'added', '-': 'removed', ' ': 'same' } as const

/** undefined when they differ too much to be shown. */
export function linesOf(before: string, after: string): readonly Line[] | undefined {
  const options = { context: CONTEXT_LINES, maxEditLength: EDITS_MAX }
  const patch = structuredPatch('', '', readable(before), readable(after), '', '', options)
  return patch?.hunks.flatMap((hunk): readonly Line[] => [
    ['place', `line ${hunk.newStart}`],
    ...hunk.lines.flatMap((line): readonly Line[] => {
      const sign = line[0]
      return sign === '+' || sign === '-' || sign === ' ' ? [[KIND[sign], line.slice(1)]] : []
    }),
  ])
}

const SIGN = { added: '+', removed: '−', same: ' ', place: '@' } as const

export function diffHtml(before: string, after: string): Html {
  const lines = linesOf(before, after)
  if (lines === undefined)
    return html`<p class="card">It differs in more places than can be shown.</p>`
  if (lines.length === 0) return html`<p class="card">Nothing that viewers may read differs.</p>`
  const shown = lines.slice(0, LINES_MAX)
  const body = shown.map(
    ([kind, text]) => html`<span class="${kind}">${SIGN[kind]} ${text}\n</span>`,
  )
  const more =
    lines.length > shown.length
      ? html`<p class="dim">${lines.length - shown.length} more lines</p>`
      : html``
  return html`<pre class="diff" tabindex="0" role="region" aria-label="What it changed">${body}</pre>${more}`
}
