// Lines of haproxy.cfg that the spec keeps as they are: of `global`, and sections that stand for themselves.
import { hasComment, isOwned, SECTIONS_KEPT } from '../verbatim.ts'
import { lose } from './haproxy-back.ts'
import type { Line, Section } from './haproxy-text.ts'
import type { Import } from './types.ts'
import { freeName, nameOf } from './words.ts'

const LINE = /^[\x21-\x7e][\x20-\x7e]{0,2000}$/
const HEAD = /^[\x21\x24-\x26\x28-\x7e]{1,100}$/
const NO_LINE = 'a kept line holds no comment and only plain ASCII, at most 2000 characters'

type Kept = {
  readonly place: 'global' | 'section'
  readonly name: string
  readonly section?: string
  readonly lines: readonly Line[]
  readonly node: string
}

/** What cannot be a line of the spec is lost, and said. */
export function keepText({ lines, name, node, ...where }: Kept, imp: Import): undefined {
  const { verbatim } = imp.sections
  const kept = lines.flatMap((line) => {
    const text = line.raws.join(' ')
    if (/^insecure-password$/.test(line.words[2] ?? '')) return clear(line, imp)
    if (isOwned(where.place, line.words[0] ?? ''))
      return lose(line, 'hactl renders its own', imp) ?? []
    if (!LINE.test(text) || hasComment(text)) return lose(line, NO_LINE, imp) ?? []
    imp.say(line, 'kept')
    return [text]
  })
  if (kept.length === 0 && where.place === 'global') return
  verbatim[freeName(name, { has: (one) => Object.hasOwn(verbatim, one) })] = {
    engine: 'haproxy',
    ...where,
    nodes: [node],
    lines: kept,
  }
}

/** Specs are read by many. */
function clear(line: Line, imp: Import): readonly string[] {
  imp.say(line, 'not-taken', 'a spec holds no passwords')
  imp.decide(
    `${line.file}:${line.line}`,
    `write user ${line.words[1]} with "password" and a hash (openssl passwd -5): a spec holds no passwords`,
  )
  return []
}

/** userlist, peers, resolvers ...: whole, under their own heads. */
export function keepSection({ type, head, lines }: Section, node: string, imp: Import): undefined {
  const [, ...words] = head?.words ?? []
  const fits = SECTIONS_KEPT.some((one) => one === type) && words.every((word) => HEAD.test(word))
  if (head === undefined || !fits || words.length > 3) {
    for (const line of head === undefined ? lines : [head, ...lines])
      lose(line, `a section ${type} has no place in the spec`, imp)
    return
  }
  imp.say(head, 'kept')
  const name = nameOf([type, ...words].join('-'), 'section')
  keepText({ place: 'section', name, section: [type, ...words].join(' '), lines, node }, imp)
}
