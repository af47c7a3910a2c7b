// haproxy.cfg as sections and words (configuration manual, 2.1 "Configuration file format" and 2.2 "Quoting and escaping").
import type { Directive } from './types.ts'

export type Line = Directive & {
  /** Without quotes and escapes; what stands in single or double quotes is one word. */
  readonly words: readonly string[]
  /** As written: quotes and escapes still there. */
  readonly raws: readonly string[]
  /** Line of the `.if` that decides about it; its own for `.if`, `.else` and `.endif`. */
  readonly condition?: number
}
export type Section = {
  /** global, defaults, listen ...; '' for what stands above the first one. */
  readonly type: string
  readonly head?: Line
  readonly lines: readonly Line[]
}

const SECTION = new Set(
  `global defaults frontend backend listen userlist peers resolvers mailers ring cache http-errors program fcgi-app
  log-forward log-profile crt-store acme traces`.split(/\s+/),
)

/** Every line that says something, in order; `quoted` words lose their quotes, a comment ends a line outside of them. */
export function haproxyLines(text: string, file: string): readonly Line[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((source, index) => {
      const { words, raws } = split(source)
      if (words.length === 0) return []
      return [{ file, line: index + 1, text: raws.join(' '), words, raws }]
    })
}

/** Words of one line. */
function split(source: string): { words: string[]; raws: string[] } {
  const words: string[] = []
  const raws: string[] = []
  let at = 0
  while (at < source.length) {
    const char = source[at] ?? ''
    if (/\s/.test(char)) at++
    else if (char === '#') break
    else {
      const { word, end } = wordAt(source, at)
      words.push(word)
      raws.push(source.slice(at, end))
      at = end
    }
  }
  return { words, raws }
}

function wordAt(source: string, start: number): { word: string; end: number } {
  let word = ''
  let quote = ''
  let at = start
  for (; at < source.length; at++) {
    const char = source[at] ?? ''
    if (quote === '' && (/\s/.test(char) || char === '#')) break
    if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
    else if (char === '\\' && quote !== "'") {
      const { text, length } = escaped(source.slice(at))
      word += text
      at += length - 1
    } else word += char
  }
  return { word, end: at }
}

function escaped(tail: string): { text: string; length: number } {
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(tail)
  if (hex !== null)
    return { text: String.fromCharCode(Number.parseInt(hex[1] ?? '', 16)), length: 4 }
  const next = tail[1]
  if (next === undefined) return { text: '\\', length: 1 }
  if (/[\\ "'#$]/.test(next)) return { text: next, length: 2 }
  const control = { n: '\n', r: '\r', t: '\t' }[next]
  // Any other backslash belongs to the word: regular expressions live on it.
  return control === undefined ? { text: `\\${next}`, length: 2 } : { text: control, length: 2 }
}

/**
 * Marks what stands between `.if` and `.endif` (configuration manual 2.4, "Conditional blocks") inside of one section; a
 * condition around sections, or in defaults, is none.
 */
export function withConditions(lines: readonly Line[]): readonly Line[] {
  const open: number[] = []
  const across = new Set<number>()
  let section = ''
  const marked = lines.map((line) => {
    const [first = ''] = line.words
    if (first === '.if') open.push(line.line)
    const [condition] = open
    if (first === '.endif') open.pop()
    if (SECTION.has(first)) section = first
    const spans = SECTION.has(first) || section === 'defaults' || section === ''
    if (condition !== undefined && spans) across.add(condition)
    return { line, condition }
  })
  for (const condition of open) across.add(condition)
  return marked.map(({ line, condition }) =>
    condition === undefined || across.has(condition) ? line : { ...line, condition },
  )
}

export function sectionsOf(lines: readonly Line[]): readonly Section[] {
  const sections: { type: string; head?: Line; lines: Line[] }[] = [{ type: '', lines: [] }]
  for (const line of lines) {
    const first = line.words[0] ?? ''
    if (SECTION.has(first)) sections.push({ type: first, head: line, lines: [] })
    else sections.at(-1)?.lines.push(line)
  }
  return sections.filter((section) => section.head !== undefined || section.lines.length > 0)
}
