// Server blocks that routes cannot say: kept whole, as sites of the listeners they had.
import { nginxTokens, unquoted } from '../nginx-text.ts'
import type { Context } from './nginx.ts'
import { type Listener, listenersOf } from './nginx-listen.ts'
import { decideAt, sayAll } from './nginx-lost.ts'
import { headersOf, keptLines, type Printing } from './nginx-print.ts'
import type { Part } from './nginx-text.ts'
import type { Import, ProxyDraft, SiteDraft } from './types.ts'
import { freeName, nameOf } from './words.ts'

/** Said by the listener. */
const OF_LISTENER = /^(?:listen|server_name|ssl|http2)$/
const NAME = /^[\x21-\x7e]{0,253}$/

const isOf = (word: string) => (part: Part) => part.words[0] === word
const namesOf = (server: Part): readonly string[] =>
  server.children.filter(isOf('server_name')).flatMap(({ words }) => words.slice(1))

/** `outside`: lines kept around the servers, which may name pools as well. */
export function readSites(
  servers: readonly Part[],
  shared: readonly Part[],
  outside: readonly string[],
  context: Context,
  imp: Import,
): undefined {
  const { mode, upstreams, node } = context
  const headers = headersOf(shared, [])
  const text = new Map<Part, readonly string[]>()
  for (const server of servers) {
    imp.say(server.directive, 'modelled')
    const rest = server.children.filter((part) => !OF_LISTENER.test(part.words[0] ?? ''))
    text.set(server, keptLines(rest, headers, { upstreams, place: 'site', imp } satisfies Printing))
    for (const part of server.children)
      if (/^(?:server_name|ssl|http2)$/.test(part.words[0] ?? ''))
        imp.say(part.directive, 'modelled')
  }
  const { proxies } = imp.sections
  const used = new Set<Part>()
  for (const listener of listenersOf(servers, imp)) {
    const sites = sitesOf(listener, mode, text, used, imp)
    const lines = [...outside, ...Object.values(sites).flatMap((site) => site.lines)]
    const pools = poolsIn(lines, [...upstreams.values()])
    const { port, address, words } = listener
    const proxy: ProxyDraft = {
      engine: 'nginx',
      ...(mode === 'tcp' && { mode: 'tcp' }),
      port,
      nodes: [node],
      ...(address !== '*' && { addresses: [address] }),
      ...(words.length > 0 && { listen: [...words] }),
      sites,
      ...(pools.length > 0 && { pools: [...pools] }),
    }
    const named = namesOf(listener.first).find((name) => /^[A-Za-z]/.test(name))
    const wish = nameOf(`${named ?? (mode === 'tcp' ? 'tcp' : 'web')}-${port}`, 'web')
    proxies[freeName(wish, { has: (one) => Object.hasOwn(proxies, one) })] = proxy
  }
  for (const server of servers.filter((one) => !used.has(one)))
    sayAll(server, 'replaced', 'nginx never asks it: another server of the port has its names', imp)
}

function sitesOf(
  { servers, first }: Listener,
  mode: Context['mode'],
  text: ReadonlyMap<Part, readonly string[]>,
  used: Set<Part>,
  imp: Import,
): Record<string, SiteDraft> {
  const sites: Record<string, SiteDraft> = Object.create(null)
  const taken = new Set<string>()
  // Among patterns the first one of the file wins, and sites are written by name.
  const inOrder = servers.filter((one) => namesOf(one).some((name) => name.startsWith('~'))).length
  for (const [at, server] of servers.entries()) {
    const names = [...new Set(namesOf(server).map((name) => name.toLowerCase()))]
    const own = names.filter((name) => !taken.has(name) && NAME.test(name))
    const nameless = names.length === 0 && at > 0 && taken.has('')
    for (const name of own) taken.add(name)
    if (names.length === 0) taken.add('')
    if (own.length < names.length)
      decideAt(server, 'nginx ignores a server_name that another server of the port has', imp)
    const unreachable = (names.length > 0 ? own.length === 0 : nameless) && server !== first
    if (unreachable || (mode === 'tcp' && server !== first)) {
      continue
    }
    used.add(server)
    const wish = nameOf(own.find((name) => /^[a-z0-9]/.test(name)) ?? 'site', 'site')
    const number = String(at + 1).padStart(3, '0')
    const name = inOrder > 1 ? `site-${number}` : wish
    const cased = own.map(
      (lower) => namesOf(server).find((one) => one.toLowerCase() === lower) ?? lower,
    )
    sites[freeName(name, { has: (one) => Object.hasOwn(sites, one) })] = {
      ...(own.length > 0 && { names: cased }),
      ...(server === first && mode === 'http' && { default: true }),
      lines: text.get(server) ?? [],
    }
  }
  return sites
}

const VARIABLE_PASS = /\b(?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass [^;]*\$/

/** Pools that the lines name; all of them where a variable says which. */
function poolsIn(lines: readonly string[], pools: readonly string[]): readonly string[] {
  const any = lines.some((line) => VARIABLE_PASS.test(line))
  return [...new Set(pools.filter((pool) => any || mentions(lines, pool)))].sort()
}

const mentions = (lines: readonly string[], pool: string): boolean =>
  nginxTokens(lines.join('\n')).some(
    ({ raw }) => /^(?:[a-z]+:\/\/)?([^/:]+)/.exec(unquoted(raw))?.[1] === pool,
  )
