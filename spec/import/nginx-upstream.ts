// An upstream block as a pool.
import type { Part } from './nginx-text.ts'
import type { Import, PoolDraft, ServerDraft } from './types.ts'
import { extraLine, freeName, nameOf, nginxMs, placeOf, whole } from './words.ts'

const BALANCE: Readonly<Record<string, string>> = {
  least_conn: 'leastconn',
  ip_hash: 'source',
  random: 'random',
}
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
  let fails: string | undefined
  for (const part of block.children) {
    const [first = '', second = ''] = part.words
    const balance = Object.hasOwn(BALANCE, first) ? BALANCE[first] : undefined
    if (first === 'server') {
      const read = serverOf(part.words, mode)
      if (read === undefined) {
        lost(
          part,
          'a server of the spec has an address and a port, weight, max_conns, backup, down',
        )
        continue
      }
      const name = freeName(nameOf(second.replace(/[:.]/g, '-'), 'server'), {
        has: (one) => Object.hasOwn(pool.servers, one),
      })
      pool.servers[name] = read.server
      const differs = fails !== undefined && fails !== JSON.stringify(read.check)
      if (!differs) pool.check = read.check
      fails ??= JSON.stringify(read.check)
      imp.say(
        part.directive,
        differs ? 'replaced' : 'modelled',
        'max_fails and fail_timeout are those of the whole pool',
      )
    } else if (balance !== undefined) {
      pool.balance = balance
      imp.say(
        part.directive,
        'modelled',
        first === 'ip_hash' ? 'by the whole address, consistently' : '',
      )
    } else if (first === 'hash' && /^\$(?:request_uri|uri)$/.test(second)) {
      pool.balance = 'uri'
      imp.say(part.directive, 'modelled')
    } else if (first === 'hash' && /^\$(?:binary_)?remote_addr$/.test(second)) {
      pool.balance = 'source'
      imp.say(part.directive, 'modelled')
    } else if (first === 'keepalive')
      imp.say(part.directive, 'modelled', '64 idle connections for each worker')
    else if (first === 'zone') imp.say(part.directive, 'modelled', 'every pool has one')
    else {
      const line = part.block ? undefined : extraLine(`${part.raws.join(' ')};`)
      if (line === undefined) lost(part, 'it is no single line')
      else {
        pool.extra = [...(pool.extra ?? []), line]
        imp.say(part.directive, 'kept')
      }
    }
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
    else if (option !== 'resolve') return undefined
  }
  // nginx weighs 1 by default, the spec 100: one scale for both.
  server.weight ??= 1
  if (fails === 0) return { server, check: { type: 'none' } }
  // Rendered back: max_fails is `fall`, fail_timeout is `fall` intervals.
  const intervalMs = Math.min(600_000, Math.max(100, Math.round(failMs / fails)))
  return { server, check: { fall: fails, intervalMs } }
}
