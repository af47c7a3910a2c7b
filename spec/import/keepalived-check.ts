// Checks of real servers: the spec has one for all of a virtual service; what it cannot say stays with each server.
import type { Block } from './keepalived-text.ts'
import type { Draft } from './types.ts'
import { secondsMs, whole } from './words.ts'

const TYPES: Readonly<Record<string, string>> = {
  TCP_CHECK: 'connect',
  UDP_CHECK: 'connect',
  HTTP_GET: 'http',
  PING_CHECK: 'ping',
}
const CHECK = /^(?:[A-Z]+_CHECK|HTTP_GET|SSL_GET)$/
/** keepalived.conf(5): connect_timeout, retry, delay_before_retry (3 s for HTTP), delay_loop where nothing says them. */
const DEFAULTS = { connect_timeout: '5', retry: '1', delay_loop: '60' } as const
const MS_MIN = 100
const MS_MAX = 600_000

export const isCheck = ({ words }: Block): boolean => CHECK.test(words[0] ?? '')

/** Words that a service, its servers and their checks may all say. */
export const TIMES = new Set(['connect_timeout', 'retry', 'nb_get_retry', 'delay_before_retry'])

const lastOf = (blocks: readonly Block[], key: string): string | undefined =>
  blocks.findLast(({ words }) => words[0] === key)?.words[1]

/** Pause between two checks of a service; undefined where the spec has no such pause. */
export const intervalMs = (service: Block): number | undefined =>
  within(lastOf(service.children, 'delay_loop') ?? DEFAULTS.delay_loop)

function within(text: string): number | undefined {
  const ms = secondsMs(text)
  return ms !== undefined && ms >= MS_MIN && ms <= MS_MAX ? ms : undefined
}

/** The check of all real servers as the spec says it; undefined where they differ, or say more than it can. */
export function commonCheck(service: Block, reals: readonly Block[]): Draft | undefined {
  const checks = reals.map((real) => {
    const own = real.children.filter(isCheck)
    const odd = real.children.some(
      ({ words }) => TIMES.has(words[0] ?? '') || words[0] === 'delay_loop',
    )
    const [only] = own
    return own.length === 1 && only !== undefined && !odd ? checkOf(only, real, service) : undefined
  })
  const [first] = checks
  const same = checks.every((one) => JSON.stringify(one) === JSON.stringify(first))
  return first !== undefined && same ? first : undefined
}

function checkOf(check: Block, real: Block, service: Block): Draft | undefined {
  const [kind = ''] = check.words
  const type = TYPES[kind]
  const udp = /^udp$/i.test(lastOf(service.children, 'protocol') ?? '')
  if (type === undefined || (type === 'connect' && (kind === 'UDP_CHECK') !== udp)) return undefined
  if (type === 'http' && udp) return undefined
  const said = (key: string) => lastOf(check.children, key) ?? lastOf(service.children, key)
  const known = new Set([...TIMES, 'connect_port', 'url', 'virtualhost', 'connect_timeout'])
  if (check.children.some(({ words }) => !known.has(words[0] ?? ''))) return undefined
  const timeoutMs = within(said('connect_timeout') ?? DEFAULTS.connect_timeout)
  const retries = whole(said('nb_get_retry') ?? said('retry') ?? DEFAULTS.retry, 0, 100)
  const retryDelayMs = within(said('delay_before_retry') ?? (type === 'http' ? '3' : '1'))
  const interval = intervalMs(service)
  const port = portOf(check, real, type)
  const http = type === 'http' ? urlOf(check, service) : {}
  if (timeoutMs === undefined || retries === undefined || retryDelayMs === undefined)
    return undefined
  if (interval === undefined || port === undefined || http === undefined) return undefined
  return { intervalMs: interval, type, timeoutMs, retries, retryDelayMs, ...port, ...http }
}

/** The port where it is another than the server's; undefined where it cannot be read. */
function portOf(check: Block, real: Block, type: string): Draft | undefined {
  const text = lastOf(check.children, 'connect_port')
  if (text === undefined) return {}
  const port = whole(text, 1, 65_535)
  if (port === undefined || type === 'ping') return undefined
  return text === real.words[2] ? {} : { port }
}

const PATH = /^\/[A-Za-z0-9/._&,;=:%?+-]{0,255}$/
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})$/

/** One url with one status: the spec has no digests, expressions and ranges. */
function urlOf(check: Block, service: Block): Draft | undefined {
  const urls = check.children.filter(({ words }) => words[0] === 'url')
  const [url] = urls
  if (url === undefined || urls.length > 1) return undefined
  const odd = url.children.some(
    ({ words }) => !/^(?:path|status_code|virtualhost)$/.test(words[0] ?? '') || words.length !== 2,
  )
  const path = lastOf(url.children, 'path') ?? '/'
  const status = whole(lastOf(url.children, 'status_code'), 100, 599)
  const host =
    lastOf(url.children, 'virtualhost') ??
    lastOf(check.children, 'virtualhost') ??
    lastOf(service.children, 'virtualhost')
  if (odd || status === undefined || !PATH.test(path)) return undefined
  if (host !== undefined && !HOST.test(host)) return undefined
  return { path, status, ...(host !== undefined && { host }) }
}
