// haproxy.cfg of one host as proxies, pools, the statistics page and logs of the spec.
import { lose, readPool } from './haproxy-back.ts'
import { type Bind, readBinds } from './haproxy-bind.ts'
import { answersItself, poolsInExtra } from '../routes.ts'
import { type Backends, readFront } from './haproxy-front.ts'
import { readGlobal } from './haproxy-global.ts'
import { keyOf, sideOf } from './haproxy-keys.ts'
import { keepSection } from './haproxy-kept.ts'
import { isStats, readStats } from './haproxy-stats.ts'
import { type Line, type Section, sectionsOf } from './haproxy-text.ts'
import type { Import, PoolDraft } from './types.ts'
import { freeName, nameOf } from './words.ts'

type Proxy = Section & { readonly name: string; readonly inherited: readonly Line[] }

/** Lines that haproxy 2.1 and later refuse and that have no equal. */
const OLD = /^(?:(?:req|rsp)(?:i?(?:rep|del|deny|pass|allow|tarpit)|add)|appsession)$/

export function importHaproxy(lines: readonly Line[], node: string, imp: Import): undefined {
  const sections = sectionsOf(lines)
  const proxies: Proxy[] = []
  const named = new Map<string, readonly Line[]>()
  let defaults: readonly Line[] = []
  for (const section of sections) {
    const [, name = '', word, from] = section.head?.words ?? []
    if (section.type === 'defaults') {
      defaults = section.lines
      if (name !== '') named.set(name, defaults)
      if (section.head !== undefined)
        imp.say(section.head, 'modelled', 'spelled out where it counts')
    } else if (section.type === 'global') readGlobal(section, node, imp)
    else if (['listen', 'frontend', 'backend'].includes(section.type)) {
      const inherited = word === 'from' ? (named.get(from ?? '') ?? []) : defaults
      proxies.push({ ...section, name, inherited: usable(inherited, imp) })
      if (section.head !== undefined) imp.say(section.head, 'modelled')
    } else if (section.type !== '') keepSection(section, node, imp)
  }
  readProxies(proxies, node, imp)
  for (const section of sections)
    if (section.type === 'defaults' && proxies.length === 0)
      for (const line of section.lines)
        imp.say(
          line,
          'replaced',
          "no section of the file uses these defaults; hactl's own stand in",
        )
}

function usable(lines: readonly Line[], imp: Import): readonly Line[] {
  return lines.filter((line) => {
    const [first = ''] = line.words
    const old = OLD.test(first)
    const free = first.startsWith('.') && line.condition === undefined
    if (old) lose(line, 'haproxy 2.1 and later have no such directive', imp)
    if (free)
      lose(line, 'a condition around sections has no place: every branch of it is read', imp)
    return !old && !free
  })
}

/** The lines of one half: what is inherited first, so that the section's own words win. */
function half(proxy: Proxy, side: 'front' | 'back'): readonly Line[] {
  const sides = new Map<number, 'front' | 'back'>()
  for (const { condition, words } of proxy.lines) {
    const at = sideOf(keyOf(words))
    if (condition !== undefined && at !== 'both') sides.set(condition, at)
  }
  const table = tableSides(proxy)
  const mine = (line: Line, inherited: boolean): boolean => {
    const key = keyOf(line.words)
    const at = sideOf(key)
    if (key === 'mode' || BOTH.has(key)) return true
    if (key === 'stick-table' && !inherited) return table.includes(side)
    if (line.condition !== undefined && proxy.type === 'listen')
      return (sides.get(line.condition) ?? 'front') === side
    if (proxy.type === 'frontend') return at !== 'back' || (inherited && atFront(key))
    if (proxy.type === 'backend')
      return at === 'back' ? !(inherited && atFront(key)) : !inherited && at === 'both'
    if (at === 'both') return side === 'front'
    return atFront(key) ? side === 'front' : at === side
  }
  // A set of steps is inherited as a whole, or not at all.
  const replaced = (word: string | undefined) =>
    /^(?:http|tcp)-check$/.test(word ?? '') && proxy.lines.some(({ words }) => words[0] === word)
  return [
    ...proxy.inherited.filter((line) => mine(line, true) && !replaced(line.words[0])),
    ...proxy.lines.filter((line) => mine(line, false)),
  ]
}

/** Of connections, on whichever side they are. */
const BOTH = new Set(['option tcpka', 'option nolinger'])

/** A table is looked for in the section that names none: counters of the frontend, stickiness of the backend. */
function tableSides({ type, lines }: Proxy): readonly ('front' | 'back')[] {
  if (type !== 'listen') return [type === 'frontend' ? 'front' : 'back']
  const text = lines.map(({ words }) => words.join(' '))
  const counts = text.some((line) =>
    /\btrack-sc[0-9]|\bsc[0-9]?_|\bsrc_(?!port|is_local)/.test(line),
  )
  const sticks = text.some((line) => line.startsWith('stick '))
  return counts ? (sticks ? ['front', 'back'] : ['front']) : ['back']
}

/** Of the backend in haproxy, of the proxy in the spec. */
const atFront = (key: string): boolean =>
  /^timeout (?:connect|server|queue|tunnel)$|^retries$|^option redispatch$/.test(key)

function readProxies(all: readonly Proxy[], node: string, imp: Import): undefined {
  const { pools } = imp.sections
  const stats = all.filter((proxy) => isStats(proxy))
  const backends = new Map<string, string>()
  const poolNames = new Map<Proxy, string>()
  for (const proxy of all) {
    if (proxy.type === 'frontend' || stats.includes(proxy)) continue
    const name = freeName(nameOf(proxy.name, 'pool'), new Set(backends.values()))
    backends.set(backends.has(proxy.name) ? `${proxy.name} ` : proxy.name, name)
    poolNames.set(proxy, name)
  }
  for (const one of all) {
    const proxy = { ...one, lines: usable(one.lines, imp) }
    misplaced(proxy, imp)
    if (stats.includes(one)) {
      readStats(one, one.inherited, imp)
      continue
    }
    const pool = poolNames.get(one)
    if (pool !== undefined) {
      pools[pool] = readPool(half(proxy, 'back'), imp)
      askForTimes(proxy, ['connect', 'server'], imp)
      standIn(pools[pool], proxy, pool, imp)
    }
    if (one.type !== 'backend') askForTimes(proxy, ['client'], imp)
    const kin = [...poolNames].flatMap(([other, name]) =>
      other.type === 'backend' && isHttp(other) === isHttp(one) ? [name] : [],
    )
    if (one.type !== 'backend') addProxies(proxy, pool, { names: backends, kin }, node, imp)
  }
}

/** Of either side, or in a condition that haproxy alone can judge. */
const ANYWHERE = new Set(['stick-table'])

const isHttp = ({ inherited, lines }: Pick<Proxy, 'inherited' | 'lines'>): boolean =>
  [...inherited, ...lines].findLast(({ words }) => words[0] === 'mode')?.words[1] === 'http'

/** A backend without servers answers 503; the spec wants that said. */
function standIn(
  pool: PoolDraft | undefined,
  { head, ...proxy }: Proxy,
  name: string,
  imp: Import,
): undefined {
  const extra = pool?.extra ?? []
  const serves = extra.some((line) => /^server(?:-template)? /.test(line))
  if (pool === undefined || head === undefined || serves || answersItself(extra)) return
  if (Object.keys(pool.servers).length > 0) return
  turnAway(pool, { ...proxy, head }, `pool ${name} has no servers`, imp)
}

function turnAway(
  draft: { extra?: string[] },
  section: Proxy,
  what: string,
  imp: Import,
): undefined {
  const deny = isHttp(section) ? 'http-request deny deny_status 503' : 'tcp-request content reject'
  draft.extra = [...(draft.extra ?? []), deny]
  const { head } = section
  imp.decide(`${head?.file}:${head?.line}`, `${what}: it turns everybody away`)
}

/** haproxy waits without end where a time is not said; hactl always says one. */
function askForTimes(proxy: Proxy, names: readonly string[], imp: Import): undefined {
  const all = [...proxy.inherited, ...proxy.lines]
  const { head } = proxy
  for (const name of names) {
    if (head === undefined || all.some(({ words }) => keyOf(words) === `timeout ${name}`)) continue
    const given = name === 'connect' ? '5 s' : '60 s'
    imp.decide(
      `${head.file}:${head.line}`,
      `"${proxy.name}" has no "timeout ${name}", so it waits without end; hactl gives it ${given}`,
    )
  }
}

/** What haproxy ignores with a warning: a bind in a backend, a server in a frontend. */
function misplaced(proxy: Proxy, imp: Import): undefined {
  const wrong = proxy.type === 'frontend' ? 'back' : proxy.type === 'backend' ? 'front' : 'none'
  for (const line of proxy.lines)
    if (sideOf(keyOf(line.words)) === wrong && !ANYWHERE.has(line.words[0] ?? ''))
      imp.say(line, 'not-taken', `haproxy ignores it in a ${proxy.type}`)
}

function addProxies(
  section: Proxy,
  pool: string | undefined,
  backends: Backends,
  node: string,
  imp: Import,
): undefined {
  const { proxies } = imp.sections
  const { proxy, binds } = readFront(half(section, 'front'), backends, imp)
  const own = pool !== undefined && (proxy.pool === undefined || binds.length === 0) ? { pool } : {}
  const base = nameOf(section.name, 'proxy')
  const inline = section.head?.words[2] ?? ''
  const all = [...binds, ...inlineBinds(section, inline, imp)]
  if (all.length === 0)
    imp.decide(
      `${section.head?.file}:${section.head?.line}`,
      `"${section.name}" listens nowhere that the spec can say`,
    )
  const leads = [own.pool, proxy.pool, proxy.routes, proxy.split, proxy.pools]
  const { extra = [] } = proxy
  if (
    leads.every((one) => one === undefined) &&
    poolsInExtra(extra).length === 0 &&
    !answersItself(extra)
  )
    turnAway(proxy, section, `"${section.name}" leads nowhere`, imp)
  for (const bind of merged(all)) {
    const wish = proxies[base] === undefined ? base : `${base.slice(0, 25)}-${bind.port}`
    const name = freeName(wish, { has: (one) => proxies[one] !== undefined })
    const any = bind.addresses.includes('*')
    proxies[name] = {
      ...proxy,
      ...own,
      port: bind.port,
      nodes: [node],
      ...(!any && { addresses: [...bind.addresses] }),
      ...(bind.listen.length > 0 && { listen: [...bind.listen] }),
      ...(bind.certificate !== undefined && { tls: { certificate: bind.certificate } }),
    }
  }
}

/** `listen name addr:port,addr:port`, gone since haproxy 1.8. */
function inlineBinds(section: Proxy, inline: string, imp: Import): readonly Bind[] {
  if (section.head === undefined || inline === '' || inline === 'from') return []
  const bind = { ...section.head, words: ['bind', inline], raws: ['bind', inline] }
  return readBinds([bind], {
    ...imp,
    say: (_, fate, why) => section.head && imp.say(section.head, fate, why),
  })
}

/** Binds of one port and certificate are one listener. */
function merged(binds: readonly Bind[]): readonly Bind[] {
  const found: Bind[] = []
  for (const bind of binds) {
    const at = found.findIndex(
      (one) =>
        one.port === bind.port &&
        one.certificate === bind.certificate &&
        one.listen.join(' ') === bind.listen.join(' '),
    )
    const same = found[at]
    if (same === undefined) found.push(bind)
    else found[at] = { ...same, addresses: [...new Set([...same.addresses, ...bind.addresses])] }
  }
  return found
}
