// Every list of extra lines for keepalived.conf with its place, and its lines as one node has them.
import { conditionOf, wordsOf } from './keepalived.ts'
import type { Place } from './keepalived-words.ts'
import { entries } from './maps.ts'
import type { Spec } from './schema.ts'

type Keys = readonly (string | number)[]
export type ExtraList = {
  readonly place: Place
  readonly keys: Keys
  readonly lines: readonly string[]
}

export function keepalivedLists(spec: Spec): readonly ExtraList[] {
  const list = (place: Place, keys: Keys, lines: readonly string[] | undefined): ExtraList[] =>
    lines === undefined ? [] : [{ place, keys, lines }]
  const { globals, blocks, groups } = spec.keepalived ?? {}
  return [
    ...list('globals', ['keepalived', 'globals'], globals),
    ...list('blocks', ['keepalived', 'blocks'], blocks),
    ...entries(groups).flatMap(([name, { extra }]) =>
      list('group', ['keepalived', 'groups', name, 'extra'], extra),
    ),
    ...entries(spec.vips).flatMap(([name, { extra }]) =>
      list('vip', ['vips', name, 'extra'], extra),
    ),
    ...entries(spec.lvs).flatMap(([name, { extra, servers }]) => [
      ...list('lvs', ['lvs', name, 'extra'], extra),
      ...entries(servers).flatMap(([server, real]) =>
        list('server', ['lvs', name, 'servers', server, 'extra'], real.extra),
      ),
    ]),
  ]
}

export type ExtraLine = {
  readonly at: number
  readonly words: readonly string[]
  /** How many blocks it stands in. */
  readonly depth: number
  /** Heads of these blocks, the nearest last, by their place in the list. */
  readonly within: readonly number[]
}

/** Nodes that read a list each in its own way: those that conditions name, and one for all others. */
export const readersOf = (lines: readonly string[]): readonly string[] => [
  ...new Set(['', ...lines.flatMap((line) => conditionOf(line) ?? [])]),
]

/** The lines of a list for one node; a line that cannot be split has no words. */
export function readBy(lines: readonly string[], node: string): readonly ExtraLine[] {
  const within: number[] = []
  return lines.flatMap((text, at): readonly ExtraLine[] => {
    const name = conditionOf(text)
    const mine = name === undefined || (name === node) !== text.startsWith('@^')
    if (!mine) return []
    const words = wordsOf(name === undefined ? text : text.slice(text.indexOf(' ') + 1)) ?? []
    if (words[0] === '}') within.pop()
    const line = { at, words, depth: within.length, within: [...within] }
    if (words.at(-1) === '{') within.push(at)
    return [line]
  })
}
