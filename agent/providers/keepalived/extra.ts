// Lines of the spec's `extra` in keepalived.conf: where they stand, and what of ours they stand for.
import type { Cluster } from '../../../spec/cluster.ts'
import { linesOf, wordsOf } from '../../../spec/keepalived.ts'
import { RUNS, RUNS_IN_BLOCK } from '../../../spec/keepalived-words.ts'
import type { Version } from '../../engine.ts'
import { has } from './profiles.ts'

/** What one node has beside its vips and virtual services, conditions followed. */
export type NodeLines = {
  readonly node: string
  readonly globals: readonly string[]
  readonly blocks: readonly string[]
  readonly groups: Readonly<Record<string, readonly string[]>>
}

export const NO_LINES: NodeLines = { node: '', globals: [], blocks: [], groups: {} }

export function nodeLines({ keepalived }: Cluster, node: string): NodeLines {
  const { globals, blocks, groups } = keepalived
  const each = Object.entries(groups).map(([name, lines]) => [name, linesOf(lines, node)] as const)
  return {
    node,
    globals: linesOf(globals, node),
    blocks: linesOf(blocks, node),
    groups: Object.fromEntries(each),
  }
}

const EXTRA_MARK = '# extra lines of the spec'

/** Ours first, without what an extra line says in its own way. */
export function withExtra(ours: readonly string[], extra: readonly string[]): readonly string[] {
  if (extra.length === 0) return ours
  const said = new Set(heads(extra))
  const replaced = (line: string) => !line.endsWith('{') && said.has(firstOf(line))
  return [...ours.filter((line) => !replaced(line)), EXTRA_MARK, ...indented(extra)]
}

/** First words of the statements that stand in no inner block. */
export const heads = (lines: readonly string[]): readonly string[] =>
  outer(lines).flatMap(([head = '']) => firstOf(head))
const firstOf = (line: string): string => line.split(' ')[0] ?? ''

/** Each statement with the lines of its block. */
function outer(lines: readonly string[]): readonly (readonly string[])[] {
  const found: string[][] = []
  let depth = 0
  for (const line of lines) {
    if (depth === 0) found.push([])
    found.at(-1)?.push(line)
    depth += line.endsWith('{') ? 1 : line === '}' ? -1 : 0
  }
  return found
}

/** Flat lines as a tree of blocks, for the eye. */
function indented(lines: readonly string[]): readonly string[] {
  let depth = 0
  return lines.map((line) => {
    if (line === '}') depth -= 1
    const text = `${'    '.repeat(depth)}${line}`
    if (line.endsWith('{')) depth += 1
    return text
  })
}

/** Whole blocks of the spec, each on its own like ours. */
export const outerBlocks = (lines: readonly string[]): readonly (readonly string[])[] =>
  outer(lines).map(indented)

/** True where one of the lines makes keepalived run a program. */
export const runsPrograms = (lines: readonly string[]): boolean =>
  lines.some((line) => RUNS.has(wordsOf(line)?.[0] ?? ''))

/** The config-id (keepalived.conf(5)) of our check alone: no host can have a name with `_`, which is a daemon's id. */
export const CHECK_ID = 'hactl_check'

/** 2.2.0 to 2.2.7 end `-t` by SIGTERM at the first program that does not run as root (keepalived#2617, #2587). */
export const checkFalls = (version: Version): boolean =>
  has(version, 'check_falls') && !has(version, 'check_stands')

/** For such a version the check reads root where the daemon reads the user; everything else of the file is the same. */
export const checkable = (body: string, version: Version): string =>
  checkFalls(version) ? body.split('\n').flatMap(twoReadings).join('\n') : body

function twoReadings(line: string): readonly string[] {
  const words = wordsOf(line) ?? []
  const [first = ''] = words
  const at = first === 'user' || first === 'script_user' ? 1 : RUNS.has(first) ? 2 : undefined
  const user = at === undefined ? undefined : words[at]
  if (at === undefined || user === undefined || user === 'root' || RUNS_IN_BLOCK.has(first))
    return [line]
  const blank = /^ */.exec(line)?.[0] ?? ''
  const rooted = [...words.slice(0, at), 'root'].join(' ')
  return [`${blank}@^${CHECK_ID} ${line.trim()}`, `${blank}@${CHECK_ID} ${rooted}`]
}
