// `include`: the files that were given stand in its place; of others hactl knows nothing.
import { decideAt } from './nginx-lost.ts'
import type { NginxFile, Part } from './nginx-text.ts'
import type { Import } from './types.ts'

/** One file may be included by several blocks, but not without end. */
const INCLUDES_MAX = 1_000

const wordOf = (segment: string): RegExp =>
  new RegExp(
    `^${segment
      .replace(/[\\^$.+()|{}]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  )

/** By the end of the path, since files are seldom given by the path that they had. */
function matches(pattern: string, name: string): boolean {
  const wanted = pattern.split('/').filter((one) => one !== '' && one !== '.')
  const there = name.split('/').filter((one) => one !== '' && one !== '.')
  const count = Math.min(wanted.length, there.length)
  if (count === 0 || wanted.some((segment) => /\[/.test(segment))) return false
  const tail = there.slice(-count)
  return wanted.slice(-count).every((segment, at) => wordOf(segment).test(tail[at] ?? ''))
}

export type Whole = {
  /** Files that no other one includes, with the others in their places. */
  readonly roots: readonly NginxFile[]
  /** Names of the files that are read at all. */
  readonly read: ReadonlySet<string>
  /** Include directives whose files were there. */
  readonly followed: readonly Part[]
}

export function withIncludes(files: readonly NginxFile[]): Whole {
  const included = new Set<string>()
  const followed: Part[] = []
  let left = INCLUDES_MAX
  const found = (pattern: string, above: readonly string[]) =>
    files.filter(({ name, below = name }) => !above.includes(name) && matches(pattern, below))
  const spliced = (parts: readonly Part[], above: readonly string[]): readonly Part[] =>
    parts.flatMap((part) => {
      if (part.block) return [{ ...part, children: spliced(part.children, above) }]
      const [first, pattern = ''] = part.words
      const include = first === 'include' && part.words.length === 2 && !isDistributed(part)
      const there = include ? found(pattern, above) : []
      if (there.length === 0 || left < there.length) return [part]
      left -= there.length
      followed.push(part)
      return there
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(({ name, tree }) => {
          included.add(name)
          return spliced(tree, [...above, name])
        })
    })
  const given = files.filter(({ below }) => below === undefined)
  const whole = given.map(({ name, tree }) => ({ name, tree: spliced(tree, [name]) }))
  return {
    roots: whole.filter(({ name }) => !included.has(name)),
    read: new Set([...given.map(({ name }) => name), ...included]),
    followed,
  }
}

/** What the distribution brings: on every node as soon as the package is. */
const DISTRIBUTED =
  /(?:^|\/)(?:mime\.types|(?:fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf|koi-(?:utf|win)|win-utf|snippets\/fastcgi-php\.conf)$/

export const isDistributed = (part: Part): boolean => DISTRIBUTED.test(part.words[1] ?? '')

/** An include inside of a server block stays: nginx reads the file that is there. */
export function askForFile(part: Part, imp: Import): undefined {
  if (isDistributed(part)) return
  decideAt(
    part,
    `"${part.directive.text}" is kept, and its file is not: give it to hactl import as well, or see that every node has it`,
    imp,
  )
}
