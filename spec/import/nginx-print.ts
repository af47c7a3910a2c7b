// Directives as lines of a site or of a `verbatim` section: as they were written, with the pools' names of the spec.
import { leavesBlock } from '../nginx-text.ts'
import { BLOCK_LINE_PATTERN, isOwned, type KeptPlace } from '../verbatim.ts'
import { askForFile } from './nginx-include.ts'
import { decideAt, sayAll, unknown } from './nginx-lost.ts'
import type { Part } from './nginx-text.ts'
import type { Import } from './types.ts'

export type Printing = {
  /** Pool by the upstream's name in the file. */
  readonly upstreams: ReadonlyMap<string, string>
  readonly place: KeptPlace
  readonly imp: Import
}
/** proxy_set_header in effect: those of the innermost block that has any (ngx_http_proxy_module). */
export type Headers = readonly Part[]

const LINE = new RegExp(BLOCK_LINE_PATTERN)
const WRAP_CHARS = 1_000
const PASS = /^(?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass$/
const CHOOSES = /^(?:map|split_clients|geo)$/

/** A string over several lines is one with \n in it. */
const plain = (raw: string): string =>
  /^["']/.test(raw) ? raw.replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r') : raw

function renamed(raw: string, upstreams: Printing['upstreams']): string {
  const found = /^(["']?)([a-z]+:\/\/)?([^/:"']+)(.*)$/s.exec(raw)
  const pool = upstreams.get(found?.[3] ?? '')
  return found === null || pool === undefined
    ? raw
    : `${found[1]}${found[2] ?? ''}${pool}${found[4]}`
}

/** Words of one directive; an upstream's name stands behind a pass, or is what a map or `set` chooses. */
function rawsOf({ words, raws }: Part, parent: string, upstreams: Printing['upstreams']) {
  const [first = ''] = words
  const at = PASS.test(first) || CHOOSES.test(parent) ? 1 : first === 'set' ? 2 : -1
  return raws.map((raw, index) => plain(index === at ? renamed(raw, upstreams) : raw))
}

/** Long ones over several lines: nginx reads up to the ; wherever it stands. */
function wrapped(raws: readonly string[], end: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const raw of raws) {
    if (line !== '' && line.length + raw.length > WRAP_CHARS) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? raw : `${line} ${raw}`
  }
  return [...lines, `${line}${end}`]
}

export const headersOf = (parts: readonly Part[], around: Headers): Headers => {
  const own = parts.filter(({ words }) => words[0] === 'proxy_set_header')
  return own.length === 0 ? around : own
}

/** nginx tells a server the upstream's name where no Host is set; under a new name it is said as it was. */
function hostLines(
  parts: readonly Part[],
  around: Headers,
  { upstreams, imp }: Printing,
): readonly string[] {
  const pass = parts.find(({ words }) => words[0] === 'proxy_pass')
  const name = /^https?:\/\/([^/:]+)/.exec(pass?.words[1] ?? '')?.[1] ?? ''
  const pool = upstreams.get(name)
  const headers = headersOf(parts, around)
  const told = headers.some(({ words }) => /^host$/i.test(words[1] ?? ''))
  const other = [...upstreams].find(([was, is]) => was !== is)
  const chosen = /:\/\/[^/]*\$/.test(pass?.words[1] ?? '')
  if (pass !== undefined && chosen && !told && other !== undefined)
    decideAt(
      pass,
      `servers see the pool's name as Host, where they saw the upstream's: "${other[1]}" for "${other[0]}"`,
      imp,
    )
  if (pool === undefined || pool === name || told) return []
  // One of its own is the end of those it inherits.
  const inherited = headers === around ? around : []
  return [
    ...inherited.flatMap(({ raws }) => wrapped(raws.map(plain), ';')),
    `proxy_set_header Host "${name}";`,
  ]
}

type Place = { readonly parent: string; readonly headers: Headers; readonly printing: Printing }

function textOf(part: Part, place: Place): readonly string[] {
  const { upstreams } = place.printing
  const raws = rawsOf(part, place.parent, upstreams)
  if (!part.block) return wrapped(raws, ';')
  const { children } = part
  const headers = headersOf(children, place.headers)
  const inner = { ...place, parent: part.words[0] ?? '', headers }
  return [
    ...wrapped(raws, ' {'),
    ...children.flatMap((child) => textOf(child, inner)),
    ...hostLines(children, place.headers, place.printing),
    '}',
  ]
}

function faultOf(part: Part, lines: readonly string[]): string | undefined {
  if (/_by_lua(?:_block)?$/.test(part.words[0] ?? '') && part.block) return 'it is Lua, not nginx'
  if (part.raws[0] === '{') return 'it is a block without a name'
  if (!lines.every((line) => LINE.test(line))) return 'a word of it is too long, or unreadable'
  if (lines.some((line) => /\bhactl[_:]/.test(line))) return 'names with hactl_ are its own'
  return (
    leavesBlock(lines) ??
    part.children.map((one) => faultOf(one, [])).find((why) => why !== undefined)
  )
}

/** The lines of these parts; what cannot be kept is said, and left out. */
export function keptLines(
  parts: readonly Part[],
  around: Headers,
  printing: Printing,
): readonly string[] {
  const { imp } = printing
  const headers = headersOf(parts, around)
  const lines = parts.flatMap((part) => {
    const text = textOf(part, { parent: '', headers, printing })
    const own = isOwned(printing.place, part.words[0] ?? '')
    const why = own ? 'hactl renders its own' : faultOf(part, text)
    if (why !== undefined) {
      unknown(part, imp, why)
      return []
    }
    sayAll(part, 'kept', '', imp)
    for (const one of includesIn(part)) askForFile(one, imp)
    return text
  })
  return [...lines, ...hostLines(parts, around, printing)]
}

const includesIn = (part: Part): readonly Part[] =>
  part.block ? part.children.flatMap(includesIn) : part.words[0] === 'include' ? [part] : []
