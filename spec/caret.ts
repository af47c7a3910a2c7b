// Diagnostics for people: the place, the line, a caret under the fault, what to do.
import type { Diagnostic } from './diagnostic.ts'

const COLOURS = { error: 31, warning: 33, info: 36 } as const
/** A line longer than this is cut around the caret. */
const LINE_COLUMNS_MAX = 160

/** One block of lines for each diagnostic, '' for none. `color` adds ANSI colours. */
export function renderDiagnostics(
  text: string,
  diagnostics: readonly Diagnostic[],
  fileName: string,
  color: boolean,
): string {
  const lines = text.split('\n')
  return diagnostics.map((one) => block(lines, one, fileName, color)).join('\n')
}

function block(
  lines: readonly string[],
  { code, severity, message, hint, at }: Diagnostic,
  fileName: string,
  color: boolean,
): string {
  const paint = (sgr: number, part: string) => (color ? `\x1b[${sgr}m${part}\x1b[0m` : part)
  const place = at === undefined ? fileName : `${fileName}:${at.line}:${at.column}`
  const head = `${place}: ${paint(COLOURS[severity], `${severity} ${code}`)}: ${message}\n`
  const tail = `  hint: ${hint}\n`
  if (at === undefined) return head + tail
  const cut = Math.max(0, at.column - LINE_COLUMNS_MAX / 2)
  const source = clean(lines[at.line - 1] ?? '').slice(cut, cut + LINE_COLUMNS_MAX)
  const number = String(at.line)
  const under = `${' '.repeat(number.length)} | ${' '.repeat(Math.max(0, at.column - 1 - cut))}`
  return `${head}${number} | ${source}\n${under}${paint(COLOURS[severity], '^')}\n${tail}`
}

/** Tabs and control characters become blanks: columns stay, terminals are not commanded. */
const clean = (line: string): string =>
  [...line].map((c) => (c < ' ' || (c >= '\u007f' && c < '\u00a0') ? ' ' : c)).join('')
