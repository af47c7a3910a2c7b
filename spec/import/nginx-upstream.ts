// An upstream block as a pool.
import type { Part } from './nginx-text.ts'
import type { Import, PoolDraft, ServerDraft } from './types.ts'
import { extraLine, freeName, nameOf, nginxMs, placeOf, whole } from './words.ts'

const BALANCE: Readonly<Record<string, string>> = {
  least_conn: 'leastconn',
  ip_hash: 'source',
  random: 'random',
}
/** What hactl hashes by, under its names. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['$uri', 'uri'],
  ['$remote_addr', 'source'],
  ['$binary_remote_addr', 'source'],
])
const FAILS_DEFAULT = 1
const FAIL_MS_DEFAULT = 10_000

export function readUpstream(block: Part, mode: 'http' | 'tcp', imp: Import): PoolDraft {
  const pool: PoolDraft = { servers: {} }
  imp.say(block.directive, 'modelled')
  const lost = (part: Part, why: string) => {
    imp.say(part.directive, 'not-taken', why)
    imp.decide(
      `${part.directive.file}:${part.directive.line}`,
      `"${part.directive.text}" is not taken: ${why}`,
    )
  }
  const keep = (part: Part) => {
    const line = part.block ? undefined : extraLine(`${part.raws.join(' ')};`)
    if (line === undefined) return lost(part, 'it is no single line')
    pool.extra = [...(pool.extra ?? []), line]
    imp.say(part.directive, 'kept')
  }
  let fails: string | undefined
  for (const part of block.children) {
    const [first = '', second = '', third] = part.words
    const balance = Object.hasOwn(BALANCE, first) ? BALANCE[first] : undefined
    if (first === 'server') {
      const read = serverOf(part.words, mode)
      const check = JSON.stringify(read?.check)
      // What the whole pool cannot have is a line of the server's own.
      if (read === undefined || (fails !== undefined && fails !== check)) {
        keep(part)
        continue
      }
      const name = freeName(nameOf(second.replace(/[:.]/g, '-'), 'server'), {
        has: (one) => Object.hasOwn(pool.servers, one),
      })
      pool.servers[name] = read.server
      pool.check = read.check
      fails = check
      imp.say(part.directive, 'modelled')
    } else if (balance !== undefined) {
      pool.balance = balance
      if (first === 'ip_hash')
        imp.say(
          part.directive,
          'replaced',
          'the whole address counts, and a lost server moves only its own clients',
        )
      else imp.say(part.directive, 'modelled')
    } else if (first === 'hash' && HASHES.has(second)) {
      pool.balance = HASHES.get(second) ?? ''
      if (third === 'consistent') imp.say(part.directive, 'modelled')
      else imp.say(part.directive, 'replaced', 'a lost server moves only its own clients')
    } else if (first === 'keepalive')
      imp.say(part.directive, 'modelled', '64 idle connections for each worker')
    else if (first === 'zone') imp.say(part.directive, 'modelled', 'every pool has one')
    else keep(part)
  }
  return pool
}

function serverOf(
  words: readonly string[],
  mode: 'http' | 'tcp',
): { readonly server: ServerDraft; readonly check: NonNullable<PoolDraft['check']> } | undefined {
  const [, text = '', ...options] = words
  const place = placeOf(text) ?? (mode === 'http' ? placeOf(`${text}:80`) : undefined)
  if (place === undefined || !/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(place.address)) return undefined
  const server: ServerDraft = { ...place }
  let fails = FAILS_DEFAULT
  let failMs = FAIL_MS_DEFAULT
  for (const option of options) {
    const [key, value] = option.split('=')
    const weight = whole(value, 1, 256)
    const conns = whole(value, 1, 1_000_000)
    const times = whole(value, 0, 100)
    if (key === 'weight' && weight !== undefined) server.weight = weight
    else if (key === 'max_conns' && conns !== undefined) server.maxconn = conns
    else if (key === 'max_fails' && times !== undefined) fails = times
    else if (key === 'fail_timeout' && nginxMs(value) !== undefined)
      failMs = nginxMs(value) ?? failMs
    else if (option === 'backup') server.backup = true
    else if (option === 'down') server.state = 'maint'
    else return undefined
  }
  // nginx weighs 1 by default, the spec 100: one scale for both.
  server.weight ??= 1
  if (fails === 0) return { server, check: { type: 'none' } }
  // Rendered back: max_fails is `fall`, fail_timeout is `fall` intervals.
  const intervalMs = Math.min(600_000, Math.max(100, Math.round(failMs / fails)))
  return { server, check: { fall: fails, intervalMs } }
}
