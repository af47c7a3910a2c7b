// What the spec does not model of keepalived.conf: kept as extra lines in its place, programs only with the user they run as.
import { LINE, unquoted, wordsOf } from '../keepalived.ts'
import { KNOWN, ownedWhy, type Place, RUNS, RUNS_IN_BLOCK } from '../keepalived-words.ts'
import type { Block } from './keepalived-text.ts'
import type { Import, Sections } from './types.ts'

/** One node's reading of its file. */
export type Host = {
  readonly node: string
  readonly imp: Import
  /** Vips of the spec by the name of their instance in the file. */
  readonly vips: Map<string, string>
  /** `script_user` of global_defs: programs without a user of their own run as this one. */
  readonly user: string | undefined
  readonly mails: boolean
  /** Names of the files that are read as this host's. */
  readonly files: ReadonlySet<string>
  /** Scripts that hactl's own health of the proxy stands for. */
  readonly proxied: ReadonlySet<string>
  /** VRRP version of instances that do not say it. */
  readonly version: string
}

const where = ({ directive }: Block): string => `${directive.file}:${directive.line}`

/** Says one fate of a block and all in it. */
export function sayAll(
  block: Block,
  imp: Import,
  fate: 'modelled' | 'kept' | 'replaced' | 'not-taken',
  why = '',
): undefined {
  imp.say(block.directive, fate, why)
  for (const child of block.children) sayAll(child, imp, fate, why)
}

/** Not taken, and a question: it changes what keepalived does. */
export function lose(block: Block, why: string, imp: Import): undefined {
  sayAll(block, imp, 'not-taken', why)
  imp.decide(where(block), `"${shown(block)}" is not taken: ${why}`)
}

/** Something else stands for it, and what keepalived does is not the same. */
export function replace(block: Block, why: string, imp: Import): undefined {
  sayAll(block, imp, 'replaced', why)
  imp.decide(where(block), `"${shown(block)}" is replaced: ${why}`)
}

export const shown = ({ raw }: Block): string => raw.join(' ')

/** A statement for extra lines of a place that is still to be found: a vip, a group, the globals. */
export function keep(block: Block, place: Place, name: string, host: Host): undefined {
  const lines = keptLines(block, place, host)
  if (lines === undefined) return
  const at = name === '' ? place : `${place} ${name}`
  const nodes = host.imp.sections.kept[at] ?? Object.create(null)
  host.imp.sections.kept[at] = nodes
  nodes[host.node] = [...(nodes[host.node] ?? []), [...lines]]
}

/** The lines of a statement, its fates said; undefined where it cannot be kept. */
export function keptLines(block: Block, place: Place, host: Host): readonly string[] | undefined {
  const { imp } = host
  const [first = ''] = block.words
  if (first === 'smtp_alert') return mailed(block, host)
  const owned = ownedWhy(place, first)
  if (owned !== undefined) return lose(block, owned, imp)
  if (!KNOWN[place].has(first))
    return sayAll(block, imp, 'not-taken', `keepalived knows no ${first} here, and ignored it`)
  return verbatim(block, host)
}

/** The same without a question whether the keyword belongs there: whole blocks and what is in them. */
function verbatim(block: Block, host: Host): readonly string[] | undefined {
  const { imp } = host
  const line = lineOf(block, host)
  if (line === undefined) return lose(block, 'it cannot stand in an extra line', imp)
  if (!block.braces) {
    imp.say(block.directive, 'kept')
    return [line]
  }
  imp.say(block.directive, 'kept')
  const inner = block.children.flatMap((child) => {
    const [first = ''] = child.words
    if (first === 'smtp_alert') return mailed(child, host) ?? []
    if (/^include/.test(first)) return lose(child, 'give the included file as well', imp) ?? []
    return verbatim(child, host) ?? []
  })
  return [`${line} {`, ...inner, ...ownUser(block, host), '}']
}

/** smtp_alert: the section notify of the spec does it where it knows whom to write to. */
export function mailed(block: Block, { imp, mails }: Host): undefined {
  if (mails) return sayAll(block, imp, 'modelled')
  sayAll(block, imp, 'replaced', 'no file says whom to write to; the section notify does')
}

/** The user that keepalived takes by itself where it exists; it takes root otherwise, which we never do without a word. */
const USER_DEFAULT = 'keepalived_script'

function lineOf(block: Block, host: Host): string | undefined {
  const [first = '', ...rest] = block.raw
  const plain = RUNS.has(first) && rest.length > 0
  const program = plain ? programOf(first, rest, block, host) : rest
  const line = [first, ...program].join(' ')
  const tail = block.braces ? ' {' : ''
  return LINE.test(`${line}${tail}`) && wordsOf(line) !== undefined && !/["'\\$]/.test(first)
    ? line
    : undefined
}

/** The program with its user, and what a person must know of it. */
function programOf(first: string, rest: readonly string[], block: Block, host: Host) {
  const inBlock = RUNS_IN_BLOCK.has(first)
  const user = inBlock ? undefined : rest[1]
  const text = unquoted((inBlock ? rest : rest.slice(0, 1)).join(' '))
  const asked = processAsked(text)
  if (!inBlock) told(block, text, user ?? host.user, host.imp)
  if (inBlock) return asked === undefined ? rest : [`"/usr/bin/pgrep -x ${asked}"`]
  return user === undefined && host.user === undefined ? [...rest, USER_DEFAULT] : rest
}

/** `killall -0` needs root's right to send signals; pgrep asks the same question without it. */
const processAsked = (text: string): string | undefined =>
  /^(?:\/\S*\/)?killall\s+-0\s+([A-Za-z0-9_.-]{1,15})$/.exec(text)?.[1]

/** The line that names the user of a script in its block. */
function ownUser(block: Block, host: Host): readonly string[] {
  const program = block.children.find(({ words }) => RUNS_IN_BLOCK.has(words[0] ?? ''))
  if (program === undefined) return []
  const user = block.children.find(({ words }) => words[0] === 'user')?.words[1]
  const text = program.words.slice(1).join(' ')
  const asked = processAsked(text)
  const now = asked === undefined ? text : `${text}", now "pgrep -x ${asked}`
  told(program, now, user ?? host.user, host.imp)
  return user === undefined && host.user === undefined ? [`user ${USER_DEFAULT}`] : []
}

function told(block: Block, text: string, user: string | undefined, imp: Import): undefined {
  const as =
    user === undefined
      ? `${USER_DEFAULT}, never as root: create this user, or name the one that it needs`
      : `${user}: is that still wanted?`
  imp.decide(where(block), `keepalived goes on to run "${text}" as ${as}`)
}

/** Instances have the names of their vips now. */
export const renamed = (block: Block, { vips }: Host): Block => ({
  ...block,
  raw: block.raw.map((word, at) => (at === 0 ? word : (vips.get(word) ?? word))),
  children: block.children.map((child) => ({
    ...child,
    raw: child.raw.map((word) => vips.get(word) ?? word),
    children: child.children.map((inner) => ({
      ...inner,
      raw: inner.raw.map((word) => vips.get(word) ?? word),
    })),
  })),
})

/** What all hosts have stands there plainly, the rest for the node that has it. */
export function placeKept(sections: Sections): undefined {
  const all = new Set(Object.values(sections.kept).flatMap((nodes) => Object.keys(nodes)))
  const keepalived: {
    globals?: string[]
    blocks?: string[]
    groups?: Record<string, { extra: string[] }>
  } = {}
  for (const [at, nodes] of Object.entries(sections.kept)) {
    const [place, name = ''] = at.split(' ')
    const vip = sections.vips[name]
    const readers = vip === undefined ? all : new Set([...all].filter((node) => vip.peers[node]))
    const lines = joined(nodes, readers)
    if (lines.length === 0) continue
    if (place === 'vip' && vip !== undefined) vip.extra = lines
    else if (place === 'group')
      keepalived.groups = { ...keepalived.groups, [name]: { extra: lines } }
    else if (place === 'globals' || place === 'blocks') keepalived[place] = lines
  }
  if (Object.keys(keepalived).length > 0) sections.keepalived = keepalived
}

function joined(nodes: Readonly<Record<string, string[][]>>, all: ReadonlySet<string>): string[] {
  const found = new Map<string, { lines: readonly string[]; by: Set<string> }>()
  for (const [node, statements] of Object.entries(nodes))
    for (const lines of statements) {
      const key = lines.join('\n')
      const one = found.get(key) ?? { lines, by: new Set() }
      one.by.add(node)
      found.set(key, one)
    }
  return [...found.values()].flatMap(({ lines, by }) =>
    [...all].every((node) => by.has(node))
      ? lines
      : [...by].flatMap((node) => lines.map((line) => `@${node} ${line}`)),
  )
}
