// Server blocks of one port are one proxy: their names and locations become routes, in the order in which nginx looks.
import type { Context } from './nginx.ts'
import { lineOf, readLine, readShared, type Taken } from './nginx-lines.ts'
import { type Listener, listenersOf } from './nginx-listen.ts'
import { decideAt, unknown } from './nginx-lost.ts'
import type { Part } from './nginx-text.ts'
import type { Import, Json, ProxyDraft, RouteDraft } from './types.ts'
import { freeName, nameOf, placeOf } from './words.ts'

type Location = {
  readonly part: Part
  /** Host condition; none for the default server. */
  readonly host?: readonly string[]
  readonly when: Record<string, Json>
  /** Smaller is looked at first: exact, then regular expressions, then the longest prefix. */
  readonly rank: number
  readonly pool: string
}

const isOf = (word: string) => (part: Part) => part.words[0] === word

/** nginx's own where the file says nothing, and hactl's are others. */
const TIMES = { connectMs: 60_000, httpRequestMs: 60_000, keepAliveMs: 75_000 } as const
const BODY_MAX = 'client_max_body_size 1m;'
/** Tries that hactl's default of retries makes. */
const TRIES = 4

/** Writes proxies with routes; whatever they cannot say is said to be lost, and the caller keeps sites instead. */
export function readServers(
  servers: readonly Part[],
  shared: readonly Part[],
  context: Context,
  imp: Import,
): undefined {
  for (const server of servers) imp.say(server.directive, 'modelled')
  for (const listener of listenersOf(servers, imp)) readListener(listener, shared, context, imp)
}

function readListener(
  { port, address, words, servers, first }: Listener,
  shared: readonly Part[],
  context: Context,
  imp: Import,
): undefined {
  const tls = words.includes('ssl')
  const locations = servers.flatMap((server) => locationsOf(server, server === first, context, imp))
  const proxy: ProxyDraft = {
    engine: 'nginx',
    ...(context.mode === 'tcp' && { mode: 'tcp' }),
    port,
    nodes: [context.node],
    ...(address !== '*' && { addresses: [address] }),
    ...(context.mode === 'http' && { forwardedFor: false }),
  }
  const plain = words.filter((word) => !tls || !['ssl', 'http2'].includes(word))
  if (plain.length > 0) proxy.listen = plain
  const direct = context.mode === 'tcp' ? directPool(servers, context, imp) : undefined
  if (direct !== undefined) proxy.pool = direct
  addRoutes(proxy, locations)
  const taken: Taken = { proxy, tls, port }
  for (const part of shared) readShared(part, taken, imp)
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
  if (context.mode === 'http') withDefaults(taken, servers, shared, imp)
  else if (proxy.timeouts?.['connectMs'] === undefined)
    proxy.timeouts = { ...proxy.timeouts, connectMs: TIMES.connectMs }
  if (tls && proxy.tls === undefined)
    unknown(first, imp, 'TLS without a certificate that the spec can name')
  const wish = nameOf(
    `${first.children.find(isOf('server_name'))?.words[1] ?? 'web'}-${port}`,
    'web',
  )
  const { proxies } = imp.sections
  proxies[freeName(wish, { has: (one) => Object.hasOwn(proxies, one) })] = proxy
}

/** What nginx does where the file says nothing, as far as a client or server sees it. */
function withDefaults(
  { proxy }: Taken,
  servers: readonly Part[],
  shared: readonly Part[],
  imp: Import,
): undefined {
  proxy.timeouts = { ...TIMES, ...proxy.timeouts }
  const all = [...shared, ...servers.flatMap(partsIn)]
  const says = (word: string, second?: RegExp) =>
    all.some(({ words }) => words[0] === word && (second?.test(words[1] ?? '') ?? true))
  if (!says('client_max_body_size')) proxy.extra = [...(proxy.extra ?? []), BODY_MAX]
  const pools = [proxy.pool ?? [], ...(proxy.routes ?? []).map(({ pool }) => pool)].flat()
  const counts = pools.map((name) => Object.keys(imp.sections.pools[name]?.servers ?? {}).length)
  const most = Math.max(0, ...counts)
  if (proxy.retries === undefined && most > TRIES) proxy.retries = Math.min(100, most - 1)
  const [server] = servers
  if (server !== undefined && !says('proxy_set_header', /^host$/i))
    decideAt(server, "servers see the Host that the client asked for, not the upstream's name", imp)
}

const partsIn = (part: Part): readonly Part[] => [part, ...part.children.flatMap(partsIn)]

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
          : uri !== undefined && (uri !== first || second !== undefined)
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
