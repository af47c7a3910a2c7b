// Server blocks of one port are one proxy: their names and locations become routes, in the order in which nginx looks.
import { lineOf, unknown } from './nginx.ts'
import { readLine, type Taken } from './nginx-lines.ts'
import type { Part } from './nginx-text.ts'
import type { Import, Json, ProxyDraft, RouteDraft } from './types.ts'
import { freeName, nameOf, placeOf, whole } from './words.ts'

export type Listener = { readonly port: number; readonly servers: readonly Part[] }
export type Context = {
  readonly mode: 'http' | 'tcp'
  readonly node: string
  /** Pool by the upstream's name. */
  readonly upstreams: ReadonlyMap<string, string>
}
type Location = {
  readonly part: Part
  /** Host condition; none for the default server. */
  readonly host?: readonly string[]
  readonly when: Record<string, Json>
  /** Smaller is looked at first: exact, then regular expressions, then the longest prefix. */
  readonly rank: number
  readonly pool: string
}

const portOf = (words: readonly string[]): number | undefined =>
  whole(words[1], 1, 65_535) ??
  placeOf(words[1] ?? '')?.port ??
  (/^[0-9.]+$/.test(words[1] ?? '') ? 80 : undefined)
const isOf = (word: string) => (part: Part) => part.words[0] === word

export function readServers(
  servers: readonly Part[],
  shared: readonly Part[],
  context: Context,
  imp: Import,
): readonly Listener[] {
  const ports = new Map<number, Part[]>()
  for (const server of servers) {
    imp.say(server.directive, 'modelled')
    const listens = server.children.filter(isOf('listen'))
    for (const listen of listens) readListen(listen, imp)
    const own = listens.length === 0 ? [80] : listens.flatMap(({ words }) => portOf(words) ?? [])
    for (const port of new Set(own)) ports.set(port, [...(ports.get(port) ?? []), server])
    if (own.length === 0) unknown(server, imp, 'it listens nowhere that the spec can say')
  }
  const listeners = [...ports].map(([port, all]) => ({ port, servers: all }))
  for (const listener of listeners) readListener(listener, shared, context, imp)
  return listeners
}

const LISTEN_PLAIN =
  /^(?:ssl|http2|default_server|default|ipv6only=\w+|reuseport|fastopen=\d+|backlog=\d+)$/

function readListen(part: Part, imp: Import): undefined {
  const lost = part.words.slice(2).filter((word) => !LISTEN_PLAIN.test(word))
  if (portOf(part.words) === undefined)
    return unknown(part, imp, 'the spec listens on a port of addresses')
  if (lost.length > 0) unknown(part, imp, `it listens, but without ${lost.join(' ')}`)
  else imp.say(part.directive, 'modelled')
}

function readListener(
  { port, servers }: Listener,
  shared: readonly Part[],
  context: Context,
  imp: Import,
): undefined {
  const tls = servers.some((one) =>
    one.children.some((part) => part.words[0] === 'listen' && part.words.includes('ssl')),
  )
  const first =
    servers.find((one) => one.children.some((part) => part.words.includes('default_server'))) ??
    servers[0]
  const locations = servers.flatMap((server) => locationsOf(server, server === first, context, imp))
  const proxy: ProxyDraft = {
    engine: 'nginx',
    ...(context.mode === 'tcp' && { mode: 'tcp' }),
    port,
    nodes: [context.node],
    ...(context.mode === 'http' && { forwardedFor: false }),
  }
  const direct = context.mode === 'tcp' ? directPool(servers, context, imp) : undefined
  if (direct !== undefined) proxy.pool = direct
  addRoutes(proxy, locations)
  const taken: Taken = { proxy, tls }
  for (const part of shared) readLine(part, taken, 1, 1, imp)
  for (const server of servers) {
    const rest = server.children.filter(
      (part) => !['listen', 'location', 'server_name'].includes(part.words[0] ?? ''),
    )
    for (const name of server.children.filter(isOf('server_name')))
      imp.say(
        name.directive,
        'modelled',
        server === first ? 'the first server of a port takes every name' : '',
      )
    for (const part of rest) readLine(part, taken, 1, servers.length, imp)
  }
  for (const { part } of locations)
    for (const child of part.children) {
      const line = lineOf(child)
      const same = locations.filter((one) =>
        one.part.children.some((other) => lineOf(other) === line),
      ).length
      readLine(child, taken, same, locations.length, imp)
    }
  if (tls && proxy.tls === undefined)
    imp.decide(
      `${first?.directive.file}:${first?.directive.line}`,
      'TLS without a certificate that the spec can name',
    )
  const wish = nameOf(
    `${first?.children.find(isOf('server_name'))?.words[1] ?? 'web'}-${port}`,
    'web',
  )
  imp.sections.proxies[freeName(wish, { has: (one) => Object.hasOwn(imp.sections.proxies, one) })] =
    proxy
}

/** stream: proxy_pass stands in the server block. */
function directPool(servers: readonly Part[], context: Context, imp: Import): string | undefined {
  for (const server of servers) {
    const pass = server.children.find(isOf('proxy_pass'))
    if (pass === undefined) continue
    const pool = poolOf(pass.words[1] ?? '', context, imp)
    if (pool === undefined) unknown(pass, imp, 'it names no upstream and no address')
    else imp.say(pass.directive, 'modelled')
    return pool
  }
  return undefined
}

function locationsOf(
  server: Part,
  isFirst: boolean,
  context: Context,
  imp: Import,
): readonly Location[] {
  if (context.mode === 'tcp') return []
  const names = server.children.filter(isOf('server_name')).flatMap(({ words }) => words.slice(1))
  const hosts = names.filter((name) => /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})$/.test(name))
  return server.children.filter(isOf('location')).flatMap((part) => {
    const pass = part.children.find(isOf('proxy_pass'))
    const target = /^http:\/\/([^/$]+)(\/.*)?$/.exec(pass?.words[1] ?? '')
    const [, first = '', second] = part.words
    const shape = shapeOf(first, second)
    const uri = target?.[2]
    const why =
      pass === undefined
        ? 'the proxy of the spec serves nothing by itself'
        : target === null || shape === undefined || part.children.some(({ block }) => block)
          ? 'a route goes to a pool by path, without variables and conditions'
          : uri !== undefined && uri !== first
            ? 'it rewrites the path'
            : !isFirst && hosts.length < names.length
              ? 'its server has names that are patterns'
              : undefined
    const pool = why === undefined ? poolOf(target?.[1] ?? '', context, imp) : undefined
    if (why !== undefined || pool === undefined || shape === undefined) {
      unknown(part, imp, why ?? 'its server cannot be read')
      return []
    }
    imp.say(part.directive, 'modelled')
    if (pass !== undefined) imp.say(pass.directive, 'modelled')
    return [{ part, pool, ...shape, ...(!isFirst && { host: hosts }) }]
  })
}

function shapeOf(
  first: string,
  second: string | undefined,
): Pick<Location, 'when' | 'rank'> | undefined {
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|#]/g, '\\$&')
  const path = second ?? first
  if (first === '=') return { when: { pathRegex: [`^${literal(path)}$`] }, rank: 0 }
  if (first === '~' && /^[\x21\x23-\x26\x28-\x7e]{1,256}$/.test(path))
    return { when: { pathRegex: [path] }, rank: 1 }
  if (
    (second !== undefined && first !== '^~') ||
    !/^\/[A-Za-z0-9/._~!$&()*+,;=:@%?-]{0,255}$/.test(path)
  )
    return undefined
  const rank = (first === '^~' ? 0.5 : 2) + (1 - path.length / 1_000)
  return { when: path === '/' ? {} : { pathPrefix: [path] }, rank }
}

function addRoutes(proxy: ProxyDraft, locations: readonly Location[]): undefined {
  const taken = new Set<string>()
  const routes: RouteDraft[] = []
  // Server names first: a route of a host is never for another one.
  const order = (one: Location) => (one.host === undefined ? 10 : 0) + one.rank
  for (const { when, host, pool } of locations.toSorted((a, b) => order(a) - order(b))) {
    const all = { ...when, ...(host !== undefined && host.length > 0 && { host }) }
    if (Object.keys(all).length === 0) proxy.pool = pool
    else {
      const name = freeName(pool, taken)
      taken.add(name)
      routes.push({ name, when: all, pool })
    }
  }
  if (routes.length > 0) proxy.routes = routes
}

/** The pool of an upstream, or one of a single server that proxy_pass names by itself. */
function poolOf(target: string, { upstreams, mode }: Context, imp: Import): string | undefined {
  const known = upstreams.get(target)
  if (known !== undefined) return known
  const place = placeOf(target) ?? (mode === 'http' ? placeOf(`${target}:80`) : undefined)
  if (place === undefined || !/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(place.address)) return undefined
  const name = nameOf(`${place.address}-${place.port}`, 'pool')
  imp.sections.pools[name] ??= { servers: { s1: { ...place } }, check: { type: 'none' } }
  return name
}
