// What every code means, read from the tables of the READMEs; the build puts the result in place of this file (build/bundle.ts).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Code = {
  /** HAnnn, GUARD_WORD, or an exit code by number. */
  readonly code: string
  readonly kind: 'finding' | 'refusal' | 'exit'
  /** Severity of a finding, name of an exit code; '' for a refusal. */
  readonly name: string
  readonly about: string
  /** The option of hactl push that lets a refused plan pass, or 'none'; '' for what is no refusal. */
  readonly override: string
}

/** Cells of one line of a table, without backquotes; none for any other line. A cell may hold no '|'. */
const cellsOf = (line: string): readonly string[] =>
  line.startsWith('|')
    ? line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', ''))
    : []

function codeOf([first = '', second = '', third = '']: readonly string[]): readonly Code[] {
  const code = first
  if (/^HA\d{3}$/.test(code))
    return [{ code, kind: 'finding', name: second, about: third, override: '' }]
  if (/^GUARD_[A-Z]+$/.test(code))
    return [{ code, kind: 'refusal', name: '', about: second, override: third }]
  if (/^\d{1,2}$/.test(code))
    return [{ code, kind: 'exit', name: second, about: third, override: '' }]
  return []
}

const READMES = ['spec', 'agent', 'cli'] as const

export const CODES: readonly Code[] = READMES.flatMap((folder) =>
  readFileSync(join(import.meta.dirname, '..', folder, 'README.md'), 'utf8')
    .split('\n')
    .flatMap((line) => codeOf(cellsOf(line))),
)
