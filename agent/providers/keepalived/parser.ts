// A small parser of keepalived.conf: blocks, words, quotes and comments; enough for our text and for hand-made files.

export type Statement = {
  readonly words: readonly string[]
  /** Line of the first word, from 1. */
  readonly line: number
  /** undefined: not a block. */
  readonly block?: readonly Statement[]
}
export type Parsed =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly error: string }

type Token = { readonly text: string; readonly line: number; readonly quoted: boolean }

/** keepalived nests two or three deep; more is a broken file, and recursion must end. */
const DEPTH_MAX = 16

/**
 * Splits a text into statements. keepalived's grammar is by line: a statement ends where its line
 * ends, unless a block opens. `!` and `#` begin a comment anywhere outside quotes (man keepalived.conf).
 */
export function parseKeepalived(text: string): Parsed {
  const lines: Token[][] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const tokens = tokensOf(raw, i + 1)
    if (tokens === undefined) return { ok: false, error: `line ${i + 1}: a quote is not closed` }
    if (tokens.length > 0) lines.push(tokens)
  }
  return nest(lines)
}

function tokensOf(raw: string, line: number): Token[] | undefined {
  const tokens: Token[] = []
  const word = /\s*(?:"([^"]*)"|([{}])|([^\s{}"!#]+)|([!#].*)|("))/gy
  for (let match = word.exec(raw); match !== null; match = word.exec(raw)) {
    const [, quoted, brace, plain, comment, open] = match
    if (open !== undefined) return undefined
    if (comment !== undefined) break
    const text = quoted ?? brace ?? plain ?? ''
    tokens.push({ text, line, quoted: quoted !== undefined })
  }
  return tokens
}

type Open = { words: readonly string[]; line: number; inside: Statement[] }

function nest(lines: readonly (readonly Token[])[]): Parsed {
  const root: Open = { words: [], line: 0, inside: [] }
  const stack: Open[] = [root]
  let words: Token[] = []
  const top = () => stack.at(-1) ?? root
  const flush = () => {
    const first = words[0]
    if (first !== undefined) {
      top().inside.push({ words: words.map((t) => t.text), line: first.line })
    }
    words = []
  }
  for (const line of lines) {
    // A brace may stand alone on the line after its keyword.
    const opensHere = line[0]?.quoted === false && line[0].text === '{'
    if (!opensHere) flush()
    for (const token of line) {
      if (!token.quoted && token.text === '{') {
        if (stack.length > DEPTH_MAX)
          return { ok: false, error: `line ${token.line}: nested too deep` }
        if (words.length === 0)
          return { ok: false, error: `line ${token.line}: '{' without a name` }
        stack.push({
          words: words.map((t) => t.text),
          line: words[0]?.line ?? token.line,
          inside: [],
        })
        words = []
      } else if (!token.quoted && token.text === '}') {
        flush()
        const closed = stack.pop()
        if (closed === undefined || stack.length === 0) {
          return { ok: false, error: `line ${token.line}: unexpected '}'` }
        }
        top().inside.push({ words: closed.words, line: closed.line, block: closed.inside })
      } else words.push(token)
    }
  }
  flush()
  if (stack.length > 1) {
    return { ok: false, error: `line ${top().line}: '${top().words.join(' ')}' misses its '}'` }
  }
  return { ok: true, statements: root.inside }
}
