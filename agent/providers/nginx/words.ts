// How a value becomes a parameter of nginx.conf, and lines become a block.

/** A part of the file with what had to be said about it. */
export type Part = { readonly lines: readonly string[]; readonly notes: readonly string[] }

const INDENT = '    '
/** Comment above lines taken verbatim from the spec. */
const EXTRA_MARK = '# extra lines of the spec'

/** One quoted parameter, so that nginx reads back exactly `text` (ngx_conf_read_token: \\ and \" are the only escapes made here). */
export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** Text that a PCRE matches literally. */
export const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|#]/g, '\\$&')

/** nginx takes ms wherever a time is not in whole seconds. */
export function duration(ms: number): string {
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`
  if (ms > 0 && ms % 1000 === 0) return `${ms / 1000}s`
  return `${ms}ms`
}

export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** Part of a variable's name: names of the spec have no underscore, so two never meet. */
export const variable = (name: string): string => name.replaceAll('-', '_')

/** By the blocks they stand in, so that people can read the file. */
function indented(lines: readonly string[]): readonly string[] {
  let depth = 0
  return lines.map((line) => {
    if (line.startsWith('}')) depth = Math.max(0, depth - 1)
    const shown = INDENT.repeat(depth) + line
    if (line.endsWith('{')) depth++
    return shown
  })
}

/** Lines of the spec's `extra` under the comment that keeps them apart from ours. */
export const verbatim = (extra: readonly string[]): readonly string[] =>
  extra.length === 0 ? [] : [EXTRA_MARK, ...indented(extra)]

export const block = (title: string, inner: readonly string[]): readonly string[] => [
  `${title} {`,
  ...inner.map((line) => (line === '' ? '' : INDENT + line)),
  '}',
]

/** The name of a directive. */
export const headOf = (line: string): string => /^[^\s;{]*/.exec(line)?.[0] ?? ''

/** Blocks with an empty line between them. */
export const apart = (blocks: readonly (readonly string[])[]): readonly string[] =>
  blocks.filter((one) => one.length > 0).flatMap((one, i) => (i === 0 ? one : ['', ...one]))

export const joinParts = (parts: readonly Part[]): Part => ({
  lines: apart(parts.map((part) => part.lines)),
  notes: [...new Set(parts.flatMap((part) => part.notes))],
})
