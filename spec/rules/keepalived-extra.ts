// HA110: extra lines of keepalived.conf are whole statements, stay in their block, and leave to hactl what is hactl's.
import type { Diagnostic } from '../diagnostic.ts'
import { conditionOf, wordsOf } from '../keepalived.ts'
import { ownedWhy } from '../keepalived-words.ts'
import { member } from '../maps.ts'
import type { Spec } from '../schema.ts'
import {
  type ExtraLine,
  type ExtraList,
  keepalivedLists,
  readBy,
  readersOf,
} from '../keepalived-lists.ts'
import { error, type Rule } from './rule.ts'

const HINT = 'one statement in each item; the head of a block ends with {, and } stands alone'

export const keepalivedExtra: Rule = (spec) =>
  keepalivedLists(spec).flatMap((list) => {
    const broken = list.lines.flatMap((text, at) => {
      const why = faultOf(text, spec)
      return why === undefined ? [] : [fault(list, at, why)]
    })
    return broken.length > 0 ? broken : meaningsOf(list)
  })

const fault = ({ keys }: ExtraList, at: number, why: string): Diagnostic =>
  error('HA110', [...keys, at], `cannot use this line in keepalived.conf: ${why}`, HINT)

/** What is wrong with a line wherever it stands. */
function faultOf(text: string, spec: Spec): string | undefined {
  const node = conditionOf(text)
  if (node !== undefined && member(spec.nodes, node) === undefined)
    return `there is no node ${node}`
  const words = wordsOf(node === undefined ? text : text.slice(text.indexOf(' ') + 1))
  if (words === undefined) return 'a quote stays open, or # or ! begins a comment'
  const inner = words.slice(0, -1)
  if (inner.some((word) => /^[{}]$/.test(word))) return 'a brace stands in the middle of it'
  if (words.at(-1) === '}' && inner.length > 0) return 'a } stands behind other words'
  if (words.at(-1) === '{' && inner.length === 0) return 'a { has no name before it'
  // keepalived takes quotes and escapes away before it looks for the keyword: "prior"ity is priority.
  return /["'\\$]/.test(words[0] ?? '') ? 'its first word stands plain' : undefined
}

/** Each node may read another list: braces must meet, and words stand where they may, for all of them. */
function meaningsOf(list: ExtraList): readonly Diagnostic[] {
  const found = new Map<number, string>()
  for (const node of readersOf(list.lines)) {
    const lines = readBy(list.lines, node)
    for (const line of lines) {
      const why = placedWhy(list, line)
      if (why !== undefined) found.set(line.at, why)
    }
    const of = node === '' ? '' : ` on ${node}`
    const closes = lines.findIndex(({ words }, at) => words[0] === '}' && open(lines, at) < 0)
    if (closes >= 0) found.set(lines[closes]?.at ?? 0, `its } closes the block it is in${of}`)
    else if (open(lines, lines.length - 1) > 0)
      found.set(list.lines.length - 1, `a block before it stays open${of}`)
  }
  return [...found].map(([at, why]) => fault(list, at, why))
}

/** Blocks that are open behind a line. */
const open = (lines: readonly ExtraLine[], upTo: number): number =>
  lines
    .slice(0, upTo + 1)
    .reduce((sum, { words }) => sum + (words.at(-1) === '{' ? 1 : words[0] === '}' ? -1 : 0), 0)

function placedWhy({ place }: ExtraList, { words, depth }: ExtraLine): string | undefined {
  const [first = '', name = ''] = words
  if (/^include/.test(first)) return ownedWhy(place, 'include')
  if (depth > 0 || first === '}') return undefined
  const owned = ownedWhy(place, first)
  if (owned !== undefined) return `${first} is not for extra lines (${owned})`
  if (place !== 'blocks') return undefined
  if (words.at(-1) !== '{') return `${first} is no block`
  return /^"?hactl_/.test(name) ? `names with hactl_ are hactl's own` : undefined
}
