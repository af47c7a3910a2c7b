// keepalived.conf as a tree of blocks: lines, comments, quotes, conditions (@id). What lines expand to: keepalived-expand.ts.
import { tokensOf, unquoted } from '../keepalived.ts'
import { type Expansion, expansionOf } from './keepalived-expand.ts'
import type { Directive } from './types.ts'

export type Block = {
  readonly directive: Directive
  /** Without their quotes. */
  readonly words: readonly string[]
  /** As they stand in the file. */
  readonly raw: readonly string[]
  /** It has braces, maybe with nothing in them. */
  readonly braces: boolean
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
    if (whole === '') continue
    const silent = /^[{}\s]+$/.test(whole)
    const shown = silent ? '' : whole.replace(/\s+/g, ' ')
    found.push(sourceOf(whole, { file, line: first + 1, text: shown }))
  }
  return found
}

/** Without its comment: ! and # begin one outside of quotes. */
function stripped(line: string): string {
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    if (char === '\\' && quote !== '') at++
    else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'") && line.includes(char, at + 1))
      quote = char
    else if (quote === '' && (char === '#' || char === '!')) return line.slice(0, at).trim()
  }
  return line.trim()
}

const CONDITION = /^@(\^?)([^\s@]+)\s+/
const DEFINITION = /^\$([A-Za-z0-9_]+)=\s*([\s\S]*)$/

function sourceOf(whole: string, directive: Directive): Source {
  const condition = CONDITION.exec(whole)
  const body = condition === null ? whole : whole.slice(condition[0].length)
  const [, not, id] = condition ?? []
  const place = id === undefined ? {} : not === '^' ? { not: id } : { only: id }
  const define = DEFINITION.exec(body)
  return {
    directive,
    body,
    ...place,
    ...(define !== null && { define: [define[1] ?? '', define[2] ?? ''] as const }),
  }
}

/** The config-ids that the conditions of a file name; those inside of definitions where there are no others. */
export function idsOf(sources: readonly Source[]): readonly string[] {
  const outer = sources.flatMap(({ only }) => (only === undefined ? [] : [only]))
  const inner = sources.flatMap(({ define }) =>
    (define?.[1].split('\n') ?? []).flatMap((line) => {
      const found = CONDITION.exec(line)
      return found === null || found[1] === '^' ? [] : [found[2] ?? '']
    }),
  )
  return [...new Set(outer.length > 0 ? outer : inner)]
}

/** The tree for one config-id; `seen` hears of every definition. */
export function blocksFor(
  sources: readonly Source[],
  id: string,
  seen: (directive: Directive) => undefined,
): readonly Block[] {
  const root: MutableBlock[] = []
  const open: MutableBlock[][] = [root]
  const expansion = expansionOf()
  const state: State = { id, open, expansion, seen }
  let file = ''
  for (const { directive, body, only, not, define } of sources) {
    // A block that stays open ends with its file.
    if (directive.file !== file) open.splice(1)
    file = directive.file
    if ((only !== undefined && only !== id) || not === id) continue
    if (define !== undefined) {
      expansion.define(define[0], define[1])
      seen(directive)
    } else for (const line of body.split('\n')) feed(line.trim(), directive, state, 0)
  }
  return root
}

type MutableBlock = {
  directive: Directive
  words: readonly string[]
  raw: readonly string[]
  braces: boolean
  children: MutableBlock[]
}
type State = {
  readonly id: string
  readonly open: MutableBlock[][]
  readonly expansion: Expansion
  readonly seen: (directive: Directive) => undefined
}

/** A line in the order in which keepalived reads it: condition, definition, sequence, what definitions stand for, words. */
function feed(line: string, directive: Directive, state: State, deep: number): undefined {
  const { id, expansion } = state
  if (line === '' || !expansion.may(deep)) return
  const condition = CONDITION.exec(line)
  // Before definitions: one may hold a whole condition, never the id of one (2.2.7 drops such a line).
  if (condition !== null) {
    if ((condition[1] === '^') !== (condition[2] === id))
      feed(line.slice(condition[0].length), directive, state, deep + 1)
    return
  }
  const define = DEFINITION.exec(line)
  if (define !== null) return expansion.define(define[1] ?? '', define[2] ?? '')
  const rounds = expansion.rounds(line)
  if (rounds !== undefined) {
    for (const values of rounds.values) {
      for (const [name, value] of values) expansion.define(name, value)
      feed(rounds.rest, directive, state, deep + 1)
    }
    return
  }
  const next = expansion.expanded(line)
  if (next === line) return add(line, directive, state.open)
  if (next.trim() === '') return state.seen(directive)
  for (const one of next.split('\n')) feed(one.trim(), directive, state, deep + 1)
}

function add(line: string, directive: Directive, open: MutableBlock[][]): undefined {
  let raw: string[] = []
  const flush = () => {
    if (raw.length === 0) return
    const words = raw.map(unquoted)
    open.at(-1)?.push({ directive, words, raw, braces: false, children: [] })
    raw = []
  }
  for (const token of tokensOf(line)) {
    if (token === '{') {
      flush()
      const parent = open.at(-1)?.at(-1)
      if (parent !== undefined) parent.braces = true
      open.push(parent?.children ?? [])
    } else if (token === '}') {
      flush()
      if (open.length > 1) open.pop()
    } else raw.push(token)
  }
  flush()
}
