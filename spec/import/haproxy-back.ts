// A backend, or the backend's half of a listen: a pool of the spec.
import { BALANCES } from '../pool.ts'
import { readCheck } from './haproxy-check.ts'
import { keyOf } from './haproxy-keys.ts'
import { type Servers, readServers } from './haproxy-server.ts'
import type { Line } from './haproxy-text.ts'
import type { Import, PoolDraft } from './types.ts'
import { extraLine, haproxyMs } from './words.ts'

export const LOST_EXTRA =
  'an extra line holds no comment and only plain ASCII, at most 2000 characters of it'

/** Directives that mean the same in the spec whatever else the pool has. */
function balanceOf(words: readonly string[], pool: PoolDraft): boolean {
  const [, algorithm = '', argument, ...rest] = words
  const found = /^(hdr|rdp-cookie)\(([A-Za-z0-9!#$%&*+.^_|~-]{1,64})\)$/.exec(algorithm)
  if (found !== null && argument === undefined) {
    pool.balance = found[1] ?? ''
    pool.balanceOn = found[2] ?? ''
    return true
  }
  if (algorithm === 'url_param' && argument !== undefined && rest.length === 0) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(argument)) return false
    pool.balance = algorithm
    pool.balanceOn = argument
    return true
  }
  const plain = BALANCES.some((one) => one === algorithm) && argument === undefined
  if (!plain || algorithm === 'hdr' || algorithm === 'url_param') return false
  pool.balance = algorithm
  delete pool.balanceOn
  return true
}

/** hactl hashes consistently; haproxy by the map of servers unless `hash-type` says so. */
function sayBalance(line: Line, lines: readonly Line[], pool: PoolDraft, imp: Import): undefined {
  const hashed = ['source', 'uri', 'url_param', 'hdr', 'rdp-cookie'].includes(pool.balance ?? '')
  const told = lines.some(({ words }) => words[0] === 'hash-type')
  if (!hashed || told) imp.say(line, 'modelled')
  else imp.say(line, 'replaced', 'by a consistent hash: a lost server moves only its own clients')
}

const INSERTED = new Set(['insert', 'indirect', 'nocache', 'httponly'])
/** What `stick` renders: cookie NAME insert indirect nocache. */
function stickOf(cookie: Line | undefined): string | undefined {
  const [, name = '', ...words] = cookie?.words ?? []
  const all = ['insert', 'indirect', 'nocache'].every((word) => words.includes(word))
  return all && words.every((word) => INSERTED.has(word)) && /^[A-Za-z0-9_.-]{1,64}$/.test(name)
    ? name
    : undefined
}

/** Fills a pool from the lines of a section, those inherited from defaults first. */
export function readPool(lines: readonly Line[], imp: Import): PoolDraft {
  const pool: PoolDraft = { servers: {} }
  const rest: Line[] = []
  const servers: { line: Line; defaults: readonly string[] }[] = []
  const cookie = lines.findLast((line) => line.words[0] === 'cookie')
  const http = lines.findLast((line) => line.words[0] === 'mode')?.words[1] === 'http'
  const stick = http ? stickOf(cookie) : undefined
  let defaults: readonly string[] = []
  for (const line of lines) {
    const key = keyOf(line.words)
    const no = line.words[0] === 'no'
    if (line.condition !== undefined) rest.push(line)
    else if (key === 'server') servers.push({ line, defaults })
    else if (key === 'default-server' && !no) {
      defaults = [...defaults, ...line.raws.slice(1)]
      imp.say(line, 'modelled', 'its words stand with each server')
    } else if (key === 'balance' && balanceOf(line.words, pool)) sayBalance(line, lines, pool, imp)
    else if (key === 'mode') imp.say(line, 'modelled')
    else rest.push(line)
  }
  const withCookie = readCookies(servers, cookie, stick, pool, imp)
  readChecks(rest, withCookie, pool, imp)
  return pool
}

function readCookies(
  servers: Servers,
  cookie: Line | undefined,
  stick: string | undefined,
  pool: PoolDraft,
  imp: Import,
): Line | undefined {
  const known = new Set(
    Object.values(imp.sections.verbatim).flatMap(({ section = '' }) =>
      section.startsWith('resolvers ') ? (section.split(' ')[1] ?? []) : [],
    ),
  )
  const trial = readServers(servers, stick !== undefined, known)
  const asStick = stick !== undefined && trial.cookies && trial.kept.length === 0
  const read = asStick ? trial : readServers(servers, false, known)
  pool.servers = read.servers
  if (read.resolvers !== undefined) pool.resolvers = read.resolvers
  if (Object.keys(read.check).length > 0 && read.modelled.length > 0) pool.check = read.check
  if (asStick) pool.stick = { by: 'cookie', cookie: stick }
  if (read.extra.length > 0) pool.extra = [...read.extra]
  for (const line of read.modelled) imp.say(line, 'modelled')
  for (const line of read.kept) imp.say(line, 'kept')
  for (const line of read.lost) {
    imp.say(line, 'not-taken', LOST_EXTRA)
    imp.decide(`${line.file}:${line.line}`, `the server "${line.words[1]}" is not in the pool`)
  }
  if (!asStick) return undefined
  if (cookie !== undefined) {
    imp.say(cookie, 'modelled', "the cookie's value is the server's name, so old cookies pick anew")
    if (!cookie.words.includes('httponly'))
      imp.decide(
        `${cookie.file}:${cookie.line}`,
        `the cookie ${stick} is HttpOnly now: no script of a page needs to read it`,
      )
  }
  return cookie
}

const isCheck = ({ words }: Line): boolean =>
  words[0] === 'http-check' || (words[0] === 'option' && words[1] === 'httpchk')

function readChecks(
  lines: readonly Line[],
  cookie: Line | undefined,
  pool: PoolDraft,
  imp: Import,
): undefined {
  const checks = lines.filter(isCheck)
  const others = lines.filter(
    (line) => line.words[0] === 'option' && /-check$/.test(line.words[1] ?? ''),
  )
  const inUse = Object.keys(pool.servers).length > 0 && pool.check?.['type'] !== 'none'
  const read = inUse && others.length === 0 ? readCheck(checks) : undefined
  if (read !== undefined) {
    for (const line of checks) imp.say(line, 'modelled')
    if (checks.length > 0) pool.check = { ...pool.check, ...read }
  }
  const kept = read === undefined ? lines : lines.filter((line) => !isCheck(line))
  for (const line of kept) if (line !== cookie) keep(line, pool, inUse, imp)
  if (inUse) waitAsHaproxy(pool)
}

const CHECK_MS = 2_000
const CHECK_MS_MAX = 600_000

/** Without `timeout check` a check has as long as there is between two of them (configuration manual, "timeout check"). */
function waitAsHaproxy(pool: PoolDraft): undefined {
  if (pool.check?.['timeoutMs'] !== undefined) return
  const own = Object.values(pool.servers).map(({ check }) =>
    Number(check?.['intervalMs'] ?? CHECK_MS),
  )
  const ms = Math.min(CHECK_MS_MAX, Math.max(CHECK_MS, ...own))
  if (ms !== CHECK_MS) pool.check = { ...pool.check, timeoutMs: ms }
}

function keep(line: Line, pool: PoolDraft, checked: boolean, imp: Import): undefined {
  const ms = haproxyMs(line.words[2])
  if (keyOf(line.words) === 'timeout check' && checked && ms && ms >= 10 && ms <= 600_000) {
    pool.check = { ...pool.check, timeoutMs: ms }
    return imp.say(line, 'modelled')
  }
  const text = extraLine(line.raws.join(' '))
  if (text === undefined) return lose(line, LOST_EXTRA, imp)
  if (!isTwice(line, text, pool.extra)) {
    // Servers come last: what stands above them may change how they are read.
    const at = pool.extra?.findIndex((one) => one.startsWith('server ')) ?? -1
    pool.extra = pool.extra?.toSpliced(at < 0 ? pool.extra.length : at, 0, text) ?? [text]
  }
  imp.say(line, 'kept')
}

/** An option that defaults and the section both have; rules and steps of a check may well stand twice. */
export const isTwice = (line: Line, text: string, extra: readonly string[] = []): boolean =>
  line.condition === undefined && /^(?:no |option |log )/.test(text) && extra.includes(text)

export function lose(line: Line, why: string, imp: Import): undefined {
  imp.say(line, 'not-taken', why)
  imp.decide(`${line.file}:${line.line}`, `"${line.text}" is not taken: ${why}`)
}
