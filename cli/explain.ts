// What `hactl explain` does: one code in words, or all of them.
import { CODES, type Code } from './codes.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { paint, table } from './print.ts'

/** Codes by what the user typed: in any case, exit codes by number or name, with or without "exit". */
export function explain(io: Io, words: readonly string[]): void {
  const asked = words.join(' ').trim()
  if (asked === '') {
    io.out(io.json ? `${JSON.stringify({ ok: true, codes: CODES })}\n` : listText())
    return
  }
  const wanted = asked.toLowerCase().replace(/^exit[ -]?/, '')
  const found = CODES.find(
    ({ code, kind, name }) => code.toLowerCase() === wanted || (kind === 'exit' && name === wanted),
  )
  if (found === undefined)
    throw new Exit(EXIT.usage, `cannot explain ${asked}: no such code`, 'hactl explain lists them')
  io.out(io.json ? `${JSON.stringify({ ok: true, ...found })}\n` : codeText(io, found))
}

function codeText(io: Io, found: Code): string {
  const [says, what] = worded(found)
  return `${paint(io, 'bold', titleOf(found))}: ${says} ${found.about}\n${what}\n`
}

const titleOf = ({ code, kind }: Code): string => (kind === 'exit' ? `exit code ${code}` : code)

/** How the sentence begins, and what the user can do. */
function worded({ kind, name, override }: Code): readonly [string, string] {
  if (kind === 'finding')
    return [
      `${name}:`,
      name.startsWith('error')
        ? 'A spec with an error is applied nowhere. hactl lint shows place and remedy.'
        : 'The spec is taken all the same. hactl lint shows place and remedy.',
    ]
  if (kind === 'exit') return [`${name}:`, 'Every command ends with one of the codes of this list.']
  if (override === 'none')
    return [
      'refuses',
      'Nothing overrides it: the plan is refused whole, and the node stays as it is.',
    ]
  return [
    'refuses',
    `The plan is refused whole, and the node stays as it is. If it is meant: hactl push ${override}`,
  ]
}

const listText = (): string =>
  table(CODES.map(({ code, name, about }) => [code, name || 'refuses', about]))
