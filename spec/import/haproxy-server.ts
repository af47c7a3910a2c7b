// `server` lines: a server of the spec where all its words are modelled, an extra line of the pool where not.
import type { Line } from './haproxy-text.ts'
import type { Draft, PoolDraft, ServerDraft } from './types.ts'
import { extraLine, freeName, haproxyMs, nameOf, placeOf, whole } from './words.ts'

type ServerLine = {
  readonly line: Line
  /** Words of the default-server lines above it. */
  readonly defaults: readonly string[]
}
export type Servers = readonly ServerLine[]

type Read = {
  readonly server: ServerDraft
  readonly check: Draft
  readonly checked: boolean
  readonly checkPort?: number
  readonly cookie?: string
  /** Section resolvers that it names. */
  readonly resolvers?: string
}

/** Words with a value about looking up names: hactl starts without an answer, and asks the pool's resolvers. */
const RESOLVING = new Set(['init-addr', 'resolvers', 'resolve-prefer'])

/** Undefined when a word is not modelled. */
function read({ line, defaults }: ServerLine): Read | undefined {
  const [, , place = '', ...own] = line.words
  const found = placeOf(place)
  if (found === undefined || !/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(found.address)) return undefined
  const server: ServerDraft = { ...found }
  const check: Draft = {}
  let checked = false
  let checkPort: number | undefined
  let cookie: string | undefined
  let resolvers: string | undefined
  const words = [...defaults, ...own]
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === 'check') checked = true
    else if (word === 'backup') server.backup = true
    else if (word === 'disabled') server.state = 'maint'
    else {
      const next = words[++at]
      const number = (max: number, min = 1) => whole(next, min, max) ?? Number.NaN
      if (word === 'resolvers') resolvers = next
      if (RESOLVING.has(word)) continue
      if (word === 'cookie') cookie = next
      else if (word === 'port') checkPort = number(65_535)
      else if (word === 'weight') server.weight = number(256, 0)
      else if (word === 'maxconn') server.maxconn = number(1_000_000)
      else if (word === 'inter') check['intervalMs'] = intervalOf(next)
      else if (word === 'rise' || word === 'fall') check[word] = number(100)
      else return undefined
    }
  }
  const numbers = [server.weight, server.maxconn, checkPort, ...Object.values(check)]
  if (numbers.some((value) => Number.isNaN(value))) return undefined
  return {
    server,
    check,
    checked,
    ...(checkPort !== undefined && { checkPort }),
    ...(cookie !== undefined && { cookie }),
    ...(resolvers !== undefined && !isIP(found.address) && { resolvers }),
  }
}

const isIP = (text: string): boolean => /^[0-9.]+$|:/.test(text)

/** NaN for what the spec cannot say. */
function intervalOf(text: string | undefined): number {
  const ms = haproxyMs(text) ?? Number.NaN
  return ms >= 100 && ms <= 600_000 ? ms : Number.NaN
}

/** Without a section resolvers that the file does not have. */
function verbatim({ line, defaults }: ServerLine, known: ReadonlySet<string>): string | undefined {
  const [, name = '', place = '', ...own] = line.raws
  const words = [...defaults, ...own]
  const dead = (at: number) => words[at] === 'resolvers' && !known.has(words[at + 1] ?? '')
  const kept = words.filter((_, at) => !dead(at) && !dead(at - 1))
  return extraLine(['server', name, place, ...kept].join(' '))
}

export type ServersRead = {
  readonly servers: Record<string, ServerDraft>
  readonly extra: readonly string[]
  readonly modelled: readonly Line[]
  readonly kept: readonly Line[]
  readonly lost: readonly Line[]
  /** Every server of the spec has a cookie. */
  readonly cookies: boolean
  readonly check: NonNullable<PoolDraft['check']>
  readonly resolvers?: string
}

/** `stick`: the pool's cookie is modelled, so a server's own is too. */
export function readServers(
  lines: Servers,
  stick: boolean,
  known: ReadonlySet<string>,
): ServersRead {
  const reads = lines.map((one) => ({ one, read: read(one) }))
  const good = reads.flatMap(({ read: found }) => (found === undefined ? [] : [found]))
  const checked = good.some((found) => found.checked)
  const port = good.find((found) => found.checked)?.checkPort
  const by = good.find((found) => known.has(found.resolvers ?? ''))?.resolvers
  const fits = (found: Read | undefined): found is Read =>
    found !== undefined &&
    found.checked === checked &&
    (!checked || found.checkPort === port) &&
    (isIP(found.server.address) || !known.has(found.resolvers ?? '') || found.resolvers === by) &&
    (found.cookie === undefined || stick)
  const weights = good.some(({ server }) => server.weight !== undefined)
  const servers: Record<string, ServerDraft> = {}
  const taken = new Map<string, true>()
  const modelled: Line[] = []
  const kept: Line[] = []
  const lost: Line[] = []
  const extra: string[] = []
  for (const { one, read: found } of reads) {
    if (fits(found)) {
      const name = freeName(nameOf(one.line.words[1] ?? '', 'server'), taken)
      taken.set(name, true)
      const own = Object.keys(found.check).length > 0 && checked ? { check: found.check } : {}
      // haproxy's own default is 1, the spec's is 100: said once, it is said for all.
      const weight = weights ? { weight: found.server.weight ?? 1 } : {}
      servers[name] = { ...found.server, ...weight, ...own }
      modelled.push(one.line)
    } else {
      const line = verbatim(one, known)
      if (line === undefined) lost.push(one.line)
      else {
        extra.push(line)
        kept.push(one.line)
      }
    }
  }
  const cookies = good.length > 0 && good.every((found) => found.cookie !== undefined)
  const check = {
    ...(!checked && { type: 'none' }),
    ...(checked && port !== undefined && { port }),
  }
  return {
    ...{ servers, extra, modelled, kept, lost, cookies, check },
    ...(by !== undefined && { resolvers: by }),
  }
}
