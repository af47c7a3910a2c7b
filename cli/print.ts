// How text reaches the terminal: paint, tables, ages. No command builds columns or escapes by itself.
import type { Io } from './io.ts'

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
export type Paint = keyof typeof CODES

export const paint = (io: Pick<Io, 'color'>, how: Paint, text: string): string =>
  io.color && text !== '' ? `\u001b[${CODES[how]}m${text}\u001b[0m` : text

// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what it takes away
const ESCAPES = /\u001b\[[0-9;]*m/g
const widthOf = (cell: string): number => [...cell.replace(ESCAPES, '')].length

/** Text of another machine must not drive this terminal: control characters become '?'. */
export const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes away
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?')

/** Left-aligned columns two blanks apart; the last one is not padded. Cells may be painted. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))
    })
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** 840 ms, 2.4 s, 3 min, 5 h, 2 d: short enough for a column. */
export function age(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h`
  return `${Math.floor(ms / 86_400_000)} d`
}

/** Seconds since the start, for progress lines: "  1.24 s". */
export const elapsed = (ms: number): string => `${(ms / 1_000).toFixed(2).padStart(6)} s`

/** First characters of a digest, '-' when there is none. */
export const short = (digest: string): string => (digest === '' ? '-' : digest.slice(0, 8))

/** Local time without a zone, seconds: "2026-01-31 14:05:09". */
export function when(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}

export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`

export const jsonOut = (io: Io, value: unknown): void => io.out(`${JSON.stringify(value)}\n`)
