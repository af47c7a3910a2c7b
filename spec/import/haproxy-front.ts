// A frontend, or the frontend's half of a listen: one proxy of the spec for each port it listens on.
import { LOST_EXTRA, lose } from './haproxy-back.ts'
import { keyOf } from './haproxy-keys.ts'
import { readRoutes } from './haproxy-routes.ts'
import type { Line } from './haproxy-text.ts'
import type { Import, ProxyDraft } from './types.ts'
import { extraLine, haproxyMs, placeOf, whole } from './words.ts'

export type Front = {
  /** Without port and addresses. */
  readonly proxy: Omit<ProxyDraft, 'port'>
  readonly binds: readonly Bind[]
}
export type Bind = {
  readonly port: number
  /** '*' or literals. */
  readonly addresses: readonly string[]
  readonly certificate?: string
}

const TIMEOUTS: Readonly<Record<string, readonly [string, number]>> = {
  connect: ['connectMs', 600_000],
  client: ['clientMs', 86_400_000],
  server: ['serverMs', 86_400_000],
  queue: ['queueMs', 600_000],
  'http-request': ['httpRequestMs', 600_000],
  'http-keep-alive': ['keepAliveMs', 600_000],
  tunnel: ['tunnelMs', 86_400_000],
}
/** Rendered for every listener, or what haproxy does by itself. */
const RENDERED = new Set(['option dontlognull', 'log', 'mode', 'option http-keep-alive'])

/** `backends`: pool of the spec by the backend's name in the file. */
export function readFront(
  lines: readonly Line[],
  backends: ReadonlyMap<string, string>,
  imp: Import,
): Front {
  const http = lines.findLast((line) => line.words[0] === 'mode')?.words[1] === 'http'
  const proxy: Front['proxy'] = {
    ...(!http && { mode: 'tcp' as const }),
    forwardedFor: false,
    redispatch: false,
  }
  if (!http) delete proxy.forwardedFor
  const kept: Line[] = []
  for (const line of lines) if (!readLine(line, proxy, http, backends, imp)) kept.push(line)
  const binds = readBinds(
    kept.filter((line) => line.words[0] === 'bind'),
    imp,
  )
  route(kept, proxy, backends, imp)
  return { proxy, binds }
}

/** True when the line is done with. */
function readLine(
  line: Line,
  proxy: Front['proxy'],
  http: boolean,
  backends: ReadonlyMap<string, string>,
  imp: Import,
): boolean {
  const key = keyOf(line.words)
  const no = line.words[0] === 'no'
  const done = (why?: string) => {
    imp.say(line, 'modelled', why)
    return true
  }
  if (key === 'option redispatch' && line.words.length === (no ? 3 : 2)) {
    proxy.redispatch = !no
    return done()
  }
  if (key === 'option httplog' || key === 'option tcplog')
    return done('hactl logs each listener in the format of its mode')
  if (RENDERED.has(key) && !no)
    return done(key === 'log' ? 'logs follow the section logs' : undefined)
  if (key === 'option forwardfor') return forwarded(line, proxy, http, done)
  if (key.startsWith('timeout ')) return timeout(line, proxy) && done()
  if (key === 'maxconn' || key === 'retries') {
    const number = whole(
      line.words[1],
      key === 'maxconn' ? 1 : 0,
      key === 'maxconn' ? 1_000_000 : 100,
    )
    if (number === undefined) return false
    proxy[key] = number
    return done()
  }
  if (key !== 'default_backend') return false
  const pool = backends.get(line.words[1] ?? '')
  if (pool === undefined) {
    lose(line, `there is no backend "${line.words[1]}" in the file`, imp)
    return true
  }
  proxy.pool = pool
  return done()
}

function forwarded(
  line: Line,
  proxy: Front['proxy'],
  http: boolean,
  done: (why?: string) => boolean,
): boolean {
  if (!http) return done('it has no effect in mode tcp')
  if (line.words.slice(2).join(' ') !== 'except 127.0.0.0/8' || line.words[0] === 'no') return false
  proxy.forwardedFor = true
  return done()
}

function timeout({ words }: Line, proxy: Front['proxy']): boolean {
  const known = Object.hasOwn(TIMEOUTS, words[1] ?? '') ? TIMEOUTS[words[1] ?? ''] : undefined
  const ms = haproxyMs(words[2])
  if (known === undefined || ms === undefined || ms < 10 || ms > known[1]) return false
  proxy.timeouts = { ...proxy.timeouts, [known[0]]: ms }
  return true
}

function route(
  lines: readonly Line[],
  proxy: Front['proxy'],
  backends: ReadonlyMap<string, string>,
  imp: Import,
): undefined {
  const of = (word: string) => lines.filter((line) => line.words[0] === word)
  const http = proxy.mode !== 'tcp'
  const others = lines.filter((line) => !['bind', 'use_backend'].includes(line.words[0] ?? ''))
  const used = others.filter((line) => line.words[0] !== 'acl')
  const uses = of('use_backend')
  const poolOf = (name: string) => (http ? backends.get(name) : undefined)
  const routed = readRoutes(of('acl'), uses, used, poolOf)
  if (routed.routes.length > 0) proxy.routes = [...routed.routes]
  if (routed.split !== undefined) proxy.split = routed.split
  if (routed.fallback !== undefined) proxy.pool = routed.fallback
  for (const line of routed.modelled) imp.say(line, 'modelled')
  for (const line of lines) {
    if (line.words[0] === 'bind' || routed.modelled.includes(line)) continue
    keep(line, proxy, backends, imp)
  }
}

function keep(
  line: Line,
  proxy: Front['proxy'],
  backends: ReadonlyMap<string, string>,
  imp: Import,
): undefined {
  const [first = '', second = '', ...more] = line.raws
  let raws: readonly string[] = line.raws
  if (first === 'use_backend' && !second.includes('%[')) {
    const pool = backends.get(line.words[1] ?? '')
    if (pool === undefined) return lose(line, `there is no backend "${second}" in the file`, imp)
    raws = [first, pool, ...more]
  }
  const text = extraLine(raws.join(' '))
  if (text === undefined) return lose(line, LOST_EXTRA, imp)
  if (/\bhttp_auth/.test(text))
    return lose(line, 'a section of users has no place in the spec', imp)
  if (!proxy.extra?.includes(text)) proxy.extra = [...(proxy.extra ?? []), text]
  imp.say(line, 'kept')
}

/** Words of a bind that hactl writes itself or that change nothing for clients. */
const BIND_PLAIN = new Set([
  'ssl',
  'v4v6',
  'v6only',
  'transparent',
  'alpn',
  'npn',
  'process',
  'name',
  'id',
])
const BIND_VALUED = new Set(['alpn', 'npn', 'process', 'name', 'id'])

function readBinds(lines: readonly Line[], imp: Import): readonly Bind[] {
  return lines.flatMap((line) => {
    const [, places = '', ...options] = line.words
    const found = places.split(',').map(placeOf)
    const certificate = options[options.indexOf('crt') + 1]
    const tls = options.includes('ssl')
    const lost = unknownOptions(options)
    const path = /^(?:\/[A-Za-z0-9_.@+-]{1,128}){1,16}$/
    if (found.some((place) => place === undefined)) {
      lose(line, 'the spec listens on a port of addresses: no range, socket or variable', imp)
      return []
    }
    if (tls && !(options.includes('crt') && path.test(certificate ?? ''))) {
      lose(line, 'TLS needs crt with the absolute path of one PEM file', imp)
      return []
    }
    if (lost.length > 0) lose(line, `it listens, but without ${lost.join(' ')}`, imp)
    else imp.say(line, 'modelled')
    return found.flatMap((place) =>
      place === undefined ? [] : [bindOf(place, tls ? certificate : undefined)],
    )
  })
}

function bindOf(
  { address, port }: { readonly address: string; readonly port: number },
  certificate: string | undefined,
): Bind {
  const any = ['*', '0.0.0.0', '::'].includes(address)
  return {
    port,
    addresses: [any ? '*' : address],
    ...(certificate !== undefined && { certificate }),
  }
}

function unknownOptions(options: readonly string[]): readonly string[] {
  const lost: string[] = []
  for (let at = 0; at < options.length; at++) {
    const word = options[at] ?? ''
    if (word === 'crt') at++
    else if (!BIND_PLAIN.has(word)) lost.push(word)
    else if (BIND_VALUED.has(word)) at++
  }
  return lost
}
