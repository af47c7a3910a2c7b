// nginx.conf of one host: upstreams are pools; listeners are proxies, by routes where those say it all, by sites where not.
import { isDistributed, type Whole } from './nginx-include.ts'
import { decideAt, sayAll, unknown } from './nginx-lost.ts'
import { keptLines } from './nginx-print.ts'
import { readServers } from './nginx-server.ts'
import { readSites } from './nginx-sites.ts'
import type { Part } from './nginx-text.ts'
import { readUpstream } from './nginx-upstream.ts'
import type { Decision, Directive, Fate, Import, Sections, VerbatimDraft } from './types.ts'
import { freeName, nameOf } from './words.ts'

export type Context = {
  readonly mode: 'http' | 'tcp'
  readonly node: string
  /** Pool by the upstream's name. */
  readonly upstreams: ReadonlyMap<string, string>
}

/** Of the whole program: hactl renders them for the node. */
const MAIN_OWN: Readonly<Record<string, string>> = {
  user: 'hactl renders it',
  worker_processes: 'one for each CPU',
  worker_rlimit_nofile: 'follows from the connections',
  worker_shutdown_timeout: 'hactl renders 30 minutes',
  worker_connections: 'hactl renders it for the node',
  pid: 'hactl has its own in /run/hactl',
  error_log: 'the journal has it',
  daemon: 'the supervisor says it',
  master_process: 'hactl needs the master',
  pcre_jit: 'hactl renders it',
}
/** Of http: hactl's tables need larger ones. */
const TABLES = /^(?:map_hash_bucket_size|variables_hash_(?:max|bucket)_size)$/
const GONE = /^http2_max_(?:field|header)_size$/
/** Blocks of the whole program that hactl renders. */
const BLOCKS = new Set(['http', 'stream', 'events'])
const FRAGMENT_TCP = /^(?:proxy_pass|ssl_preread|proxy_timeout)$/

export function importNginx({ roots, followed }: Whole, node: string, imp: Import): undefined {
  for (const part of followed)
    imp.say(part.directive, 'modelled', 'its files were given and stand in its place')
  const trees = roots.map(({ tree }) => tree)
  const all = trees.flat()
  const isMain = (tree: readonly Part[]) =>
    tree.some(({ words, block }) => block && BLOCKS.has(words[0] ?? ''))
  const blocks = all.filter(({ words, block }) => block && BLOCKS.has(words[0] ?? ''))
  for (const part of blocks) imp.say(part.directive, 'modelled')
  const inside = (word: string) =>
    blocks.filter(({ words }) => words[0] === word).flatMap(({ children }) => children)
  const main = trees.filter(isMain).flatMap((tree) => tree.filter((part) => !blocks.includes(part)))
  // A file below conf.d has no http around it.
  const fragments = trees.filter((tree) => !isMain(tree))
  const isTcp = (tree: readonly Part[]) =>
    tree.some(
      ({ words, children }) =>
        words[0] === 'server' && children.some((one) => FRAGMENT_TCP.test(one.words[0] ?? '')),
    )
  keepMain(main, node, imp)
  keepIn('events', ownOut(inside('events'), imp), node, imp)
  const http = [...inside('http'), ...fragments.filter((tree) => !isTcp(tree)).flat()]
  readContext(http, 'http', node, imp)
  readContext([...inside('stream'), ...fragments.filter(isTcp).flat()], 'tcp', node, imp)
}

/** Without what hactl renders itself. */
function ownOut(parts: readonly Part[], imp: Import): readonly Part[] {
  return parts.filter((part) => {
    const first = part.words[0] ?? ''
    const why = Object.hasOwn(MAIN_OWN, first) ? MAIN_OWN[first] : undefined
    if (why !== undefined) sayAll(part, 'replaced', why, imp)
    return why === undefined
  })
}

function keepMain(parts: readonly Part[], node: string, imp: Import): undefined {
  const kept = ownOut(parts, imp).filter((part) => {
    const [first = '', path = ''] = part.words
    const stream = first === 'load_module' && /ngx_stream_module\.so$/.test(path)
    if (stream) imp.say(part.directive, 'replaced', 'hactl loads it where a listener needs it')
    else if (first === 'include') includeOutside(part, imp)
    else if (part.block) decideAt(part, 'what it listens on is unknown to hactl', imp)
    return !stream && first !== 'include'
  })
  keepIn('main', kept, node, imp)
}

/** Its servers would listen beside those of the spec. */
function includeOutside(part: Part, imp: Import): undefined {
  if (/modules/.test(part.words[1] ?? ''))
    return imp.say(
      part.directive,
      'replaced',
      'hactl loads the stream module; another one is a load_module line in verbatim, place main',
    )
  unknown(part, imp, 'give its files to hactl import as well')
}

function keepIn(
  place: VerbatimDraft['place'],
  parts: readonly Part[],
  node: string,
  imp: Import,
  upstreams: Context['upstreams'] = new Map(),
): readonly string[] {
  const lines = keptLines(parts, [], { upstreams, place, imp })
  if (lines.length > 0)
    imp.sections.verbatim[`nginx-${place}`] = {
      engine: 'nginx',
      place,
      nodes: [node],
      lines: [...(imp.sections.verbatim[`nginx-${place}`]?.lines ?? []), ...lines],
    }
  return lines
}

function readContext(
  parts: readonly Part[],
  mode: Context['mode'],
  node: string,
  imp: Import,
): undefined {
  const { pools } = imp.sections
  const upstreams = new Map<string, string>()
  const isBlock = (word: string) => (part: Part) => part.block && part.words[0] === word
  for (const part of parts.filter(isBlock('upstream'))) {
    const name = freeName(nameOf(part.words[1] ?? '', 'pool'), {
      has: (one) => Object.hasOwn(pools, one),
    })
    upstreams.set(part.words[1] ?? '', name)
    pools[name] = readUpstream(part, mode, imp)
  }
  const servers = parts.filter(isBlock('server'))
  const shared = parts.filter((part) => !isBlock('upstream')(part) && !isBlock('server')(part))
  const context = { mode, node, upstreams }
  if (servers.length > 0 && asRoutes(servers, shared, context, imp)) return
  const kept = shared.filter((part) => {
    const [first = ''] = part.words
    const include = first === 'include' && !isDistributed(part)
    if (TABLES.test(first)) imp.say(part.directive, 'replaced', 'hactl renders a larger one')
    else if (GONE.test(first)) imp.say(part.directive, 'replaced', 'gone since nginx 1.19.7')
    else if (include) unknown(part, imp, 'give its files to hactl import as well')
    return !include && !TABLES.test(first) && !GONE.test(first)
  })
  const lines = keepIn(mode === 'http' ? 'http' : 'stream', kept, node, imp, upstreams)
  readSites(servers, shared, lines, context, imp)
}

/** Tries routes on a draft of its own; true when they say all that the files say, and the draft was taken. */
function asRoutes(
  servers: readonly Part[],
  shared: readonly Part[],
  context: Context,
  imp: Import,
): boolean {
  const said: [Directive, Fate, string][] = []
  const asked: Decision[] = []
  const { proxies, pools } = imp.sections
  const sections: Sections = {
    ...imp.sections,
    proxies: Object.assign(Object.create(null), proxies),
    pools: Object.assign(Object.create(null), pools),
  }
  readServers(servers, shared, context, {
    ...imp,
    sections,
    say: (directive, fate, why = '') => void said.push([directive, fate, why]),
    decide: (where, what) => void asked.push({ where, what }),
  })
  const mine = new Set(servers.flatMap(directivesIn))
  const lost = said.some(
    ([directive, fate]) => fate === 'not-taken' || (fate === 'replaced' && mine.has(directive)),
  )
  if (lost) return false
  for (const [directive, fate, why] of said) imp.say(directive, fate, why)
  for (const { where, what } of asked) imp.decide(where, what)
  Object.assign(proxies, sections.proxies)
  Object.assign(pools, sections.pools)
  return true
}

const directivesIn = (part: Part): readonly Directive[] => [
  part.directive,
  ...part.children.flatMap(directivesIn),
]
