// A frontend, or the frontend's half of a listen: one proxy of the spec for each port it listens on.
import { isTwice, LOST_EXTRA, lose } from './haproxy-back.ts'
import { type Bind, readBinds } from './haproxy-bind.ts'
import { keyOf } from './haproxy-keys.ts'
import { readRoutes } from './haproxy-routes.ts'
import type { Line } from './haproxy-text.ts'
import type { Import, ProxyDraft } from './types.ts'
import { extraLine, haproxyMs, whole } from './words.ts'

export type Front = {
  /** Without port and addresses. */
  readonly proxy: Omit<ProxyDraft, 'port'>
  readonly binds: readonly Bind[]
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
const RENDERED = new Set(['option dontlognull', 'mode', 'option http-keep-alive'])

/** Pool of the spec by the backend's name in the file; `kin`: those that speak what the frontend does. */
export type Backends = {
  readonly names: ReadonlyMap<string, string>
  readonly kin: readonly string[]
}

export function readFront(lines: readonly Line[], backends: Backends, imp: Import): Front {
  const http = lines.findLast((line) => line.words[0] === 'mode')?.words[1] === 'http'
  const proxy: Front['proxy'] = {
    ...(!http && { mode: 'tcp' as const }),
    forwardedFor: false,
    redispatch: false,
  }
  if (!http) delete proxy.forwardedFor
  const kept: Line[] = []
  for (const line of lines)
    if (line.condition !== undefined || !readLine(line, proxy, http, backends, imp)) kept.push(line)
  const binds = readBinds(
    kept.filter((line) => line.words[0] === 'bind'),
    imp,
  )
  likeHaproxy(proxy, http)
  route(kept, proxy, backends, imp)
  return { proxy, binds }
}

/** True when the line is done with. */
function readLine(
  line: Line,
  proxy: Front['proxy'],
  http: boolean,
  backends: Backends,
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
  if (RENDERED.has(key) && !no) return done()
  if (key === 'log' && line.words[1] === 'global' && !no)
    return done('logs follow the section logs')
  if (key === 'bind-process' || key === 'option http-use-htx') {
    imp.say(line, 'replaced', 'gone from haproxy: threads follow the CPUs, HTX is all there is')
    return true
  }
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
  const pool = backends.names.get(line.words[1] ?? '')
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

const DEFAULTS_MS = {
  queueMs: 30_000,
  httpRequestMs: 10_000,
  keepAliveMs: 10_000,
  tunnelMs: 3_600_000,
}

/** What haproxy takes where one of these is not said (configuration manual, "timeout queue" and the like); hactl's are others. */
function likeHaproxy(proxy: Front['proxy'], http: boolean): undefined {
  const { timeouts = {} } = proxy
  const { connectMs, clientMs, serverMs, httpRequestMs } = timeouts
  const both = clientMs !== undefined && serverMs !== undefined
  const own: Record<string, number | undefined> = {
    queueMs: connectMs,
    ...(http && { httpRequestMs: clientMs, keepAliveMs: httpRequestMs ?? clientMs }),
    tunnelMs: both ? Math.min(clientMs, serverMs) : undefined,
  }
  for (const [key, value] of Object.entries(own)) {
    const max = key === 'tunnelMs' ? 86_400_000 : 600_000
    const ms = Math.min(max, value ?? max)
    const byDefault = Object.entries(DEFAULTS_MS).find(([name]) => name === key)?.[1]
    if (value === undefined || timeouts[key] !== undefined || ms === byDefault) continue
    proxy.timeouts = { ...proxy.timeouts, [key]: ms }
  }
}

function route(
  lines: readonly Line[],
  proxy: Front['proxy'],
  backends: Backends,
  imp: Import,
): undefined {
  const of = (word: string) =>
    lines.filter((line) => line.words[0] === word && line.condition === undefined)
  const http = proxy.mode !== 'tcp'
  const others = lines.filter((line) => !['bind', 'use_backend'].includes(line.words[0] ?? ''))
  const used = others.filter((line) => line.words[0] !== 'acl' || line.condition !== undefined)
  const uses = of('use_backend')
  const poolOf = (name: string) => (http ? backends.names.get(name) : undefined)
  const routed = readRoutes(of('acl'), uses, used, poolOf)
  if (routed.routes.length > 0) proxy.routes = [...routed.routes]
  if (routed.split !== undefined) proxy.split = routed.split
  if (routed.fallback !== undefined) proxy.pool = routed.fallback
  for (const line of routed.modelled) imp.say(line, 'modelled')
  for (const line of lines) {
    if (line.words[0] === 'bind' || routed.modelled.includes(line)) continue
    keep(line, lines, proxy, backends, imp)
  }
}

/** A backend by a name that only a request has: any of them, by the name that the spec gives it. */
function byName(line: Line, proxy: Front['proxy'], backends: Backends, imp: Import): undefined {
  proxy.pools = [...backends.kin].sort()
  const other = [...backends.names].find(([was, is]) => was !== is)
  if (other !== undefined)
    imp.decide(
      `${line.file}:${line.line}`,
      `backends have other names in the spec ("${other[1]}" for "${other[0]}"): see that "${line.text}" finds them`,
    )
}

/** A page for users only stays shut until the spec knows a hash of their passwords. */
function closed(line: Line, lines: readonly Line[], proxy: Front['proxy'], imp: Import): undefined {
  const uri = lines.find(({ words }) => words[0] === 'stats' && words[1] === 'uri')?.words[2]
  const path = /^[A-Za-z0-9/._~-]+/.exec(uri ?? '/haproxy')?.[0] ?? '/'
  const deny = `http-request deny if { path_beg ${path} }`
  if (!proxy.extra?.includes(deny)) proxy.extra = [deny, ...(proxy.extra ?? [])]
  imp.say(line, 'not-taken', 'a spec holds no passwords')
  imp.decide(
    `${line.file}:${line.line}`,
    `the page ${path} is denied to all: name its users in the section stats or in a userlist, with hashes`,
  )
}

function keep(
  line: Line,
  lines: readonly Line[],
  proxy: Front['proxy'],
  backends: Backends,
  imp: Import,
): undefined {
  const [first = '', second = '', ...more] = line.raws
  let raws: readonly string[] = line.raws
  if (first === 'use_backend' && second.includes('%[')) byName(line, proxy, backends, imp)
  else if (first === 'use_backend') {
    const pool = backends.names.get(line.words[1] ?? '')
    if (pool === undefined) return lose(line, `there is no backend "${second}" in the file`, imp)
    raws = [first, pool, ...more]
  }
  const text = extraLine(raws.join(' '))
  if (text === undefined) return lose(line, LOST_EXTRA, imp)
  if (first === 'stats' && second === 'auth') return closed(line, lines, proxy, imp)
  if (!isTwice(line, text, proxy.extra)) proxy.extra = [...(proxy.extra ?? []), text]
  imp.say(line, 'kept')
}
