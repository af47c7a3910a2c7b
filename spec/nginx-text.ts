// Words of nginx.conf, as nginx's own reader (ngx_conf_read_token) finds them: quotes and escapes stay.
export type Token = {
  readonly raw: string
  /** 1-based. */
  readonly line: number
}

const TOKEN =
  /"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|#[^\n]*|[;{}]|\n|[^\S\n]+|(?:\\[\s\S]|\$\{[^}\s]*\}|[^\s;{}"'\\])(?:\\[\s\S]|\$\{[^}\s]*\}|[^\s;{}\\])*|\\/g

/** Without comments and blanks. `;`, `{` and `}` are tokens of their own. */
export function nginxTokens(text: string): readonly Token[] {
  const tokens: Token[] = []
  let line = 1
  for (const [raw] of text.matchAll(TOKEN)) {
    if (!/^(?:#|\s)/.test(raw)) tokens.push({ raw, line })
    line += raw.split('\n').length - 1
  }
  return tokens
}

/** Without its quotes. */
export const unquoted = (raw: string): string =>
  /^(["']).*\1$/s.test(raw) ? raw.slice(1, -1).replace(/\\(["'\\])/g, '$1') : raw

const isOpen = (raw: string): boolean =>
  (/^"/.test(raw) && !/^"(?:\\[\s\S]|[^"\\])*"$/.test(raw)) ||
  (/^'/.test(raw) && !/^'(?:\\[\s\S]|[^'\\])*'$/.test(raw)) ||
  raw === '\\'

/** Why these lines do not stay in the block that they are put into; undefined when they do. */
export function leavesBlock(lines: readonly string[]): string | undefined {
  let depth = 0
  let ended = true
  for (const { raw } of nginxTokens(lines.join('\n'))) {
    if (isOpen(raw)) return 'a quote stays open'
    if (raw === '{') depth++
    if (raw === '}') depth--
    if (depth < 0) return 'a } closes a block that is not theirs'
    if (raw === '}' && !ended) return 'a directive ends without ;'
    ended = [';', '{', '}'].includes(raw)
  }
  if (depth > 0) return 'a block stays open'
  return ended ? undefined : 'a directive ends without ;'
}

/** First words of the directives that stand in no block of these lines. */
export function headsOf(lines: readonly string[]): readonly string[] {
  const heads: string[] = []
  let depth = 0
  let first = true
  for (const { raw } of nginxTokens(lines.join('\n'))) {
    if (raw === '{') depth++
    if (raw === '}') depth--
    if (first && depth === 0 && raw !== '}') heads.push(unquoted(raw))
    first = [';', '{', '}'].includes(raw)
  }
  return heads
}

/** Names behind `proxy_pass` and its kin, wherever they stand: upstreams, or hosts. */
export const passedTo = (lines: readonly string[]): readonly string[] => {
  const tokens = nginxTokens(lines.join('\n')).map(({ raw }) => unquoted(raw))
  return tokens.flatMap((raw, at) => {
    if (!PASSES.test(tokens[at - 1] ?? '')) return []
    return /^(?:[a-z]+:\/\/)?([^/:$]+)(?:\/.*)?$/.exec(raw)?.[1] ?? []
  })
}
const PASSES = /^(?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass$/
