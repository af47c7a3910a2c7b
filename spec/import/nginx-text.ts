// nginx.conf as a tree of directives.
import { nginxTokens, unquoted } from '../nginx-text.ts'
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
/** A file as it was given. */
export type NginxFile = {
  readonly name: string
  readonly tree: readonly Part[]
  /** See SourceFile. */
  readonly below?: string
}

type Mutable = {
  directive: Directive
  words: string[]
  raws: string[]
  children: Mutable[]
  block: boolean
}

/** The tree, and all directives in their order. A brace that closes nothing is left out. */
export function nginxTree(
  text: string,
  file: string,
): { readonly tree: readonly Part[]; readonly all: readonly Directive[] } {
  const root: Mutable[] = []
  const open: Mutable[][] = [root]
  const all: Directive[] = []
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
  for (const { raw, line } of nginxTokens(text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'))) {
    if (raw === ';') flush(false)
    else if (raw === '{') flush(true)
    else if (raw === '}') {
      flush(false)
      if (open.length > 1) open.pop()
    } else {
      if (raws.length === 0) first = line
      raws.push(raw)
    }
  }
  flush(false)
  return { tree: root, all }
}
