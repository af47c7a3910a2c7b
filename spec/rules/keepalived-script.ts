// HA111: a program that keepalived runs has a user, and somebody has decided on it.
import { RUNS, RUNS_IN_BLOCK } from '../keepalived-words.ts'
import { unquoted } from '../keepalived.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Spec } from '../schema.ts'
import {
  type ExtraLine,
  type ExtraList,
  keepalivedLists,
  readBy,
  readersOf,
} from '../keepalived-lists.ts'
import { error, type Rule, warning } from './rule.ts'

/** keepalived itself takes the user keepalived_script, and root where there is none (keepalived.conf(5), SCRIPTS). */
export const keepalivedScript: Rule = (spec) =>
  keepalivedLists(spec).flatMap((list) => {
    const found = new Map<number, Diagnostic>()
    for (const node of readersOf(list.lines)) {
      const lines = readBy(list.lines, node)
      for (const line of lines) {
        if (!RUNS.has(line.words[0] ?? '') || line.words.length < 2) continue
        const user = userOf(line, lines) ?? userOfAll(spec, node)
        const said = user === undefined ? nobody(list, line) : asRoot(list, line, user)
        if (said !== undefined) found.set(line.at, said)
      }
    }
    return [...found.values()]
  })

const nobody = ({ keys }: ExtraList, { at, words }: ExtraLine): Diagnostic => {
  const hint = RUNS_IN_BLOCK.has(words[0] ?? '')
    ? 'add a line "user NAME" to its block'
    : 'write the user behind the program: notify "/path/to/it" NAME'
  const message = `cannot run ${unquoted(words[1] ?? '')}: nothing says as which user`
  return error('HA111', [...keys, at], message, hint)
}

function asRoot({ keys }: ExtraList, { at, words }: ExtraLine, user: string) {
  if (user !== 'root') return undefined
  const message = `${unquoted(words[1] ?? '')} runs as root`
  return warning('HA111', [...keys, at], message, 'give it a user of its own')
}

function userOf({ words, within }: ExtraLine, lines: readonly ExtraLine[]): string | undefined {
  if (!RUNS_IN_BLOCK.has(words[0] ?? '')) return words[2]
  const beside = lines.find(
    (other) => other.words[0] === 'user' && other.within.at(-1) === within.at(-1),
  )
  return beside?.words[1]
}

const userOfAll = (spec: Spec, node: string): string | undefined =>
  readBy(spec.keepalived?.globals ?? [], node).find(({ words }) => words[0] === 'script_user')
    ?.words[1]
