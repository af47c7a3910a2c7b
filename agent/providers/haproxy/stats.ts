// haproxy's own pages: the statistics page of the spec, and the health answer for the node itself.
import type { Stats } from '../../../spec/operations.ts'
import type { Bind } from '../../world.ts'
import { bindsOf } from '../listen.ts'
import { bindLine } from './frontend.ts'
import { HEALTH_SOCKET_PATH } from './paths.ts'
import { duration, section, word } from './words.ts'

const USERS = 'hactl-stats'

/** Without users only the node itself may look. */
export function statsBinds(stats: Stats, ipv6: boolean): readonly Bind[] {
  return stats.users === undefined
    ? [{ address: '127.0.0.1', port: stats.port }]
    : bindsOf(['*'], stats.port, ipv6)
}

/** Passwords stand here as crypt(3) hashes only. */
export function statsSections(stats: Stats | undefined, ipv6: boolean): readonly string[] {
  if (stats === undefined) return []
  const users = Object.entries(stats.users ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const known = `{ http_auth(${USERS}) }`
  const page = section('listen hactl-stats', [
    ...statsBinds(stats, ipv6).map((bind) => bindLine(bind)),
    'mode http',
    'timeout client 1m',
    'timeout http-request 10s',
    'stats enable',
    'stats hide-version',
    `stats uri ${word(stats.path ?? '/')}`,
    ...(stats.refreshMs === undefined ? [] : [`stats refresh ${duration(stats.refreshMs)}`]),
    ...(users.length === 0 ? [] : [`stats http-request auth realm hactl unless ${known}`]),
    ...(stats.admin === true && users.length > 0 ? [`stats admin if ${known}`] : []),
  ])
  if (users.length === 0) return page
  const list = users.map(([name, user]) => `user ${name} password ${word(user.passwordHash)}`)
  return [...section(`userlist ${USERS}`, list), ...page]
}

/** Answers 200 on /health while the worker takes connections; a unix socket, so nobody else can ask. */
export function healthSection(): readonly string[] {
  return section('frontend hactl-health', [
    `bind unix@${HEALTH_SOCKET_PATH} mode 600`,
    'mode http',
    'timeout client 5s',
    'monitor-uri /health',
  ])
}
