// JSON text to a value and the place of every member: strict RFC 8259, nothing of JSONC.
import {
  createScanner,
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { Diagnostic, Position } from './diagnostic.ts'
import { SPEC_BYTES_MAX, SPEC_DEPTH_MAX } from './limits.ts'

/** Offsets of one member: its key (the value where there is none) and its value. */
type Place = { readonly key: number; readonly value: number }
export type Located = {
  readonly value: unknown
  readonly places: ReadonlyMap<string, Place>
  readonly diagnostics: readonly Diagnostic[]
}

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that is not JSON',
  InvalidNumberFormat: 'a number that is not JSON',
  PropertyNameExpected: 'a key is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is text after the end',
  InvalidCommentToken: 'a comment',
  UnexpectedEndOfComment: 'a comment',
  UnexpectedEndOfString: 'a string without closing quote',
  UnexpectedEndOfNumber: 'a number without its end',
  InvalidUnicode: 'a broken \\u escape',
  InvalidEscapeCharacter: 'a broken \\ escape',
  InvalidCharacter: 'a control character in a string',
}

/** SyntaxKind.EOF of jsonc-parser: a const enum, which type stripping cannot read. */
const END_OF_TEXT = 17

/** 1-based line and column (UTF-16 units) of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}

export const pointer = (...keys: readonly (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

export function readJson(text: string): Located {
  const refusal = refuse(text)
  if (refusal !== undefined) return { value: undefined, places: new Map(), diagnostics: [refusal] }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const places = new Map<string, Place>()
  const diagnostics: Diagnostic[] = []
  if (root !== undefined) index(root, '', root.offset, { text, places, diagnostics })
  // One broken token makes the parser complain several times; only the first complaint is true.
  const [first] = errors
  if (first !== undefined) {
    const why = SYNTAX[printParseErrorCode(first.error)] ?? 'not JSON'
    return { value: undefined, places, diagnostics: [syntax(text, first.offset, why)] }
  }
  const { value } = jsonOf(text)
  if (value !== undefined) return { value, places, diagnostics }
  return { value, places, diagnostics: [syntax(text, 0, 'not JSON')] }
}

/** JSON.parse has the last word on what JSON is. */
function jsonOf(text: string): { readonly value?: unknown } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return {}
  }
}

const syntax = (text: string, offset: number, why: string): Diagnostic => ({
  code: 'HA001',
  severity: 'error',
  path: '',
  message: `cannot read the spec: ${why}`,
  hint: 'the spec is strict JSON: no comments, no trailing commas, complete to the last }',
  at: positionAt(text, offset),
})

/** Size and depth first, with a scanner that does not recurse: hostile text must not end the stack. */
function refuse(text: string): Diagnostic | undefined {
  const tooBig = (what: string, offset: number): Diagnostic => ({
    code: 'HA003',
    severity: 'error',
    path: '',
    message: `cannot read the spec: ${what}`,
    hint: 'split the cluster into several specs',
    at: positionAt(text, offset),
  })
  if (Buffer.byteLength(text) > SPEC_BYTES_MAX) return tooBig(`over ${SPEC_BYTES_MAX} bytes`, 0)
  if (text.startsWith('\uFEFF')) return syntax(text, 0, 'it starts with a byte order mark')
  if (text.trim() === '') return syntax(text, 0, 'it is empty')
  const scanner = createScanner(text, true)
  let depth = 0
  while (scanner.scan() !== END_OF_TEXT) {
    // A token of one character is never a string, so a brace in a string does not count.
    const token = scanner.getTokenLength() === 1 ? (text[scanner.getTokenOffset()] ?? '') : ''
    if (token === '{' || token === '[') depth++
    if (token === '}' || token === ']') depth--
    if (depth > SPEC_DEPTH_MAX) {
      return tooBig(`nested deeper than ${SPEC_DEPTH_MAX}`, scanner.getTokenOffset())
    }
  }
  return undefined
}

type Index = {
  readonly text: string
  readonly places: Map<string, Place>
  readonly diagnostics: Diagnostic[]
}

function index(node: JsonNode, path: string, key: number, into: Index): void {
  into.places.set(path, { key, value: node.offset })
  if (node.type === 'array') {
    for (const [at, item] of (node.children ?? []).entries()) {
      index(item, `${path}/${at}`, item.offset, into)
    }
  }
  if (node.type !== 'object') return
  const seen = new Set<string>()
  for (const member of node.children ?? []) {
    const [name, value] = member.children ?? []
    if (name === undefined) continue
    const word = String(name.value)
    if (seen.has(word)) into.diagnostics.push(duplicate(into.text, path, word, name.offset))
    seen.add(word)
    if (value !== undefined) index(value, path + pointer(word), name.offset, into)
  }
}

const duplicate = (text: string, path: string, word: string, offset: number): Diagnostic => ({
  code: 'HA002',
  severity: 'error',
  path: path + pointer(word),
  message: `cannot use the key "${printable(word)}" twice in one object`,
  hint: 'JSON readers keep only one of the two: remove or rename one',
  at: positionAt(text, offset),
})

/** Text of others in our messages: one line, bounded. */
export const printable = (text: string): string =>
  [...text.slice(0, 60)].map((c) => (c < ' ' || c === '\u007f' ? '?' : c)).join('') +
  (text.length > 60 ? '...' : '')
