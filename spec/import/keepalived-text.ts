// keepalived.conf as a tree of blocks: comments, quotes, definitions ($X=, ${X}, \ continued), conditions (@id) of keepalived.conf(5).
import type { Directive } from './types.ts'

const DEFINITIONS_DEEP_MAX = 10
const NODES_MAX = 100_000

export type Block = {
  readonly directive: Directive
  readonly words: readonly string[]
  readonly children: readonly Block[]
}
/** A line of the file; `only` is the config-id it is for, `not` the one it is not for. */
export type Source = {
  readonly directive: Directive
  readonly body: string
  readonly only?: string
  readonly not?: string
  /** A definition: name and value with its line breaks. */
  readonly define?: readonly [string, string]
}

/** Lines that say something; a closing brace alone says nothing. */
export function keepalivedLines(text: string, file: string): readonly Source[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const found: Source[] = []
  for (let at = 0; at < lines.length; at++) {
    const first = at
    const parts = [stripped(lines[at] ?? '')]
    while (parts.at(-1)?.endsWith('\\') && at + 1 < lines.length)
      parts.push(stripped(lines[++at] ?? ''))
    const whole = parts
      .map((part) => part.replace(/\\$/, '').trim())
      .join('\n')
      .trim()
    if (whole === '' || /^[{}\s]+$/.test(whole)) {
      if (whole !== '') found.push(sourceOf(whole, { file, line: first + 1, text: '' }))
      continue
    }
    const shown = whole.replace(/\s+/g, ' ')
    found.push(sourceOf(whole, { file, line: first + 1, text: shown }))
  }
  return found
}

/** Without its comment: ! and # begin one outside of quotes. */
function stripped(line: string): string {
  let quote = false
  for (let at = 0; at < line.length; at++) {
    const char = line[at]
    if (char === '"') quote = !quote
    else if (!quote && (char === '#' || char === '!')) return line.slice(0, at).trim()
  }
  return line.trim()
}

function sourceOf(whole: string, directive: Directive): Source {
  const condition = /^@(\^?)(\S+)\s+/.exec(whole)
  const body = condition === null ? whole : whole.slice(condition[0].length)
  const [, not, id] = condition ?? []
  const place = id === undefined ? {} : not === '^' ? { not: id } : { only: id }
  const define = /^\$([A-Za-z0-9_]+)=\s*([\s\S]*)$/.exec(body)
  return {
    directive,
    body,
    ...place,
    ...(define !== null && { define: [define[1] ?? '', define[2] ?? ''] as const }),
  }
}

/** The config-ids that the conditions of a file name. */
export const idsOf = (sources: readonly Source[]): readonly string[] => [
  ...new Set(sources.flatMap(({ only }) => (only === undefined ? [] : [only]))),
]

/** The tree for one config-id; `seen` hears of every definition. */
export function blocksFor(
  sources: readonly Source[],
  id: string,
  seen: (directive: Directive) => undefined,
): readonly Block[] {
  const values = new Map<string, string>()
  const root: MutableBlock[] = []
  const open: MutableBlock[][] = [root]
  const count = { left: NODES_MAX }
  for (const { directive, body, only, not, define } of sources) {
    if ((only !== undefined && only !== id) || not === id) continue
    if (define !== undefined) {
      values.set(define[0], define[1])
      seen(directive)
      continue
    }
    for (const line of expanded(body, values).split('\n')) add(line, id, directive, open, count)
  }
  return root
}

type MutableBlock = { directive: Directive; words: string[]; children: MutableBlock[] }

function expanded(text: string, values: ReadonlyMap<string, string>): string {
  let now = text
  for (let deep = 0; deep < DEFINITIONS_DEEP_MAX; deep++) {
    const next = now.replace(/\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g, (all, a, b) =>
      String(values.get(a ?? b) ?? all),
    )
    if (next === now || next.length > 100_000) break
    now = next
  }
  return now
}

function add(
  line: string,
  id: string,
  directive: Directive,
  open: MutableBlock[][],
  count: { left: number },
): undefined {
  const condition = /^@(\^?)(\S+)\s+/.exec(line)
  if (condition !== null && (condition[1] === '^') === (condition[2] === id)) return
  const tokens =
    line.slice(condition?.[0].length ?? 0).match(/"(?:\\.|[^"\\])*"?|[{}]|[^\s{}"]+/g) ?? []
  let words: string[] = []
  const flush = () => {
    if (words.length === 0 || count.left-- <= 0) return
    open.at(-1)?.push({ directive, words, children: [] })
    words = []
  }
  for (const token of tokens) {
    if (token === '{') {
      flush()
      const parent = open.at(-1)?.at(-1)
      open.push(parent?.children ?? [])
    } else if (token === '}') {
      flush()
      if (open.length > 1) open.pop()
    } else words.push(token.replace(/^"|"$/g, ''))
  }
  flush()
}
