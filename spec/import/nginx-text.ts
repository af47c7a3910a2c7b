// nginx.conf as a tree of directives.
import type { Directive } from './types.ts'

const DEPTH_MAX = 50

export type Part = {
  readonly directive: Directive
  readonly words: readonly string[]
  /** As written: quotes still there. */
  readonly raws: readonly string[]
  readonly children: readonly Part[]
  readonly block: boolean
}

type Mutable = {
  directive: Directive
  words: string[]
  raws: string[]
  children: Mutable[]
  block: boolean
}

const TOKEN =
  /"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|#[^\n]*|[;{}]|\n|[^\S\n]+|(?:\\[\s\S]|\$\{[^}\s]*\}|[^\s;{}"'\\])(?:\\[\s\S]|\$\{[^}\s]*\}|[^\s;{}\\])*|\\/g

/** The tree, and all directives in their order. A brace that closes nothing is left out. */
export function nginxTree(
  text: string,
  file: string,
): { readonly tree: readonly Part[]; readonly all: readonly Directive[] } {
  const root: Mutable[] = []
  const open: Mutable[][] = [root]
  const all: Directive[] = []
  let line = 1
  let first = 1
  let raws: string[] = []
  const flush = (block: boolean) => {
    if (raws.length === 0 && !block) return
    const shown = raws.length === 0 ? ['{'] : raws
    const directive = { file, line: first, text: shown.join(' ').replace(/\s+/g, ' ') }
    const part = { directive, words: shown.map(unquoted), raws: shown, children: [], block }
    all.push(directive)
    open.at(-1)?.push(part)
    if (block) open.push(open.length > DEPTH_MAX ? (open.at(-1) ?? root) : part.children)
    raws = []
  }
  for (const [token] of text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .matchAll(TOKEN)) {
    if (token === ';') flush(false)
    else if (token === '{') flush(true)
    else if (token === '}') {
      flush(false)
      if (open.length > 1) open.pop()
    } else if (!/^(?:#|\s)/.test(token)) {
      if (raws.length === 0) first = line
      raws.push(token)
    }
    line += token.split('\n').length - 1
  }
  flush(false)
  return { tree: root, all }
}

const unquoted = (raw: string): string =>
  /^(["']).*\1$/s.test(raw) ? raw.slice(1, -1).replace(/\\(["'\\])/g, '$1') : raw
