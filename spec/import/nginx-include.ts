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

/** The files that no other one includes, with the others in their places. */
export function withIncludes(files: readonly NginxFile[], imp: Import): readonly NginxFile[] {
  const included = new Set<string>()
  let left = INCLUDES_MAX
  const spliced = (parts: readonly Part[], above: readonly string[]): readonly Part[] =>
    parts.flatMap((part) => {
      const [first, pattern = ''] = part.words
      if (part.block) return [{ ...part, children: spliced(part.children, above) }]
      const found =
        first === 'include' && part.words.length === 2
          ? files.filter(({ name }) => !above.includes(name) && matches(pattern, name))
          : []
      if (found.length === 0 || left < found.length) return [part]
      left -= found.length
      imp.say(part.directive, 'modelled', 'its files were given and stand in its place')
      return found
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(({ name, tree }) => {
          included.add(name)
          return spliced(tree, [...above, name])
        })
    })
  const whole = files.map(({ name, tree }) => ({ name, tree: spliced(tree, [name]) }))
  return whole.filter(({ name }) => !included.has(name))
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
