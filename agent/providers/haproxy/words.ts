// How a value becomes a word of haproxy.cfg, and lines become a section.

/** A part of the file with what had to be said about it. */
export type Part = { readonly lines: readonly string[]; readonly notes: readonly string[] }

export const INDENT = '    '
/** Comment above lines taken verbatim from the spec. */
export const EXTRA_MARK = '# extra lines of the spec'
/** Comment above servers whose weight and state the runtime API sets; digest.ts leaves those two out below it. */
export const LIVE_MARK = '# weights and states of these servers change without a reload'

/**
 * One word, so that haproxy reads back exactly `text`. Backslashes instead of quotes: 1.5 knows no quotes, and
 * outside quotes neither $ nor { is special in any version (configuration manual, 2.2 "Quoting and escaping").
 */
export function word(text: string): string {
  return text
    .replace(/[\\ #]/g, (char) => `\\${char}`)
    .replace(/["'\r\n\t]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

export const words = (texts: readonly string[]): string => texts.map(word).join(' ')

/** Milliseconds in the largest unit that is exact: 60000 -> 1m, 1500 -> 1500ms. */
export function duration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`
  if (ms > 0 && ms % 1000 === 0) return `${ms / 1000}s`
  return `${ms}ms`
}

/** address:port; the prefix says the family, since an IPv6 literal ends in what looks like a port. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `ipv6@${address}:${port}` : `${address}:${port}`
}

/** Lines of the spec's `extra` under the comment that keeps them apart from ours. */
export function verbatim(extra: readonly string[]): readonly string[] {
  return extra.length === 0 ? [] : [EXTRA_MARK, ...extra]
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return [title, ...lines.map((line) => INDENT + line), '']
}

export function joinParts(parts: readonly Part[]): Part {
  return {
    lines: parts.flatMap((part) => part.lines),
    notes: [...new Set(parts.flatMap((part) => part.notes))],
  }
}
