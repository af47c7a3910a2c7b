// A backend: how servers share the load, and who they are.
import type { ClusterPool, ClusterServer } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import { checkLines } from './check.ts'
import { RESOLVERS } from './global.ts'
import { has, leftOut } from './profiles.ts'
import { duration, endpoint, LIVE_MARK, type Part, section, verbatim, word } from './words.ts'

/** Map-based hashing forbids weight changes at run time and reshuffles everybody when a server dies. */
const CONSISTENT = ['hash-type consistent']
const HASHED = ['source', 'uri', 'url_param', 'hdr', 'rdp-cookie']

/**
 * Whether weights and states of its servers change through the runtime API. Not with static-rr, whose weights are fixed
 * at start (configuration manual, "balance"): such a pool changes by reload as a whole.
 */
export function isLive(pool: ClusterPool, version: Version): boolean {
  return has(version, 'runtime server state') && pool.balance !== 'static-rr'
}

function balanceLines(pool: ClusterPool, version: Version): Part {
  const { balance, balanceOn } = pool
  const plain = (line: string): Part => ({
    lines: [`balance ${line}`, ...(HASHED.includes(balance) ? CONSISTENT : [])],
    notes: [],
  })
  if (balance === 'random' && !has(version, 'balance random'))
    return { lines: ['balance roundrobin'], notes: [leftOut(version, 'balance random')] }
  if (balance === 'hdr' || balance === 'url_param') {
    if (balanceOn === undefined)
      return {
        lines: ['balance roundrobin'],
        notes: [
          `pool ${pool.name} balances by ${balance} of nothing: balanceOn is missing, roundrobin is used`,
        ],
      }
    return plain(balance === 'hdr' ? word(`hdr(${balanceOn})`) : `url_param ${word(balanceOn)}`)
  }
  if (balance === 'rdp-cookie' && balanceOn !== undefined)
    return plain(word(`rdp-cookie(${balanceOn})`))
  return plain(balance)
}

function stickLines(pool: ClusterPool): readonly string[] {
  if (pool.stick === undefined) return []
  const { by, cookie, expireMs, entriesMax } = pool.stick
  if (by === 'cookie') return [`cookie ${word(cookie)} insert indirect nocache httponly`]
  // An ipv6 table takes IPv4 clients too, as mapped addresses.
  return [`stick-table type ipv6 size ${entriesMax} expire ${duration(expireMs)}`, 'stick on src']
}

/**
 * Drain is weight 0, nothing more: haproxy treats both alike (no new clients, known ones still served, shown as DRAIN),
 * but there is no word to start a server in the state drain, so that one would be lost with every reload.
 */
export const weightOf = (server: ClusterServer): number =>
  server.state === 'drain' ? 0 : server.weight

/** Words of a server line win over `default-server` (configuration manual, section 5.2). */
function ownCheck({ check }: ClusterServer): readonly string[] {
  if (check === undefined) return []
  return [
    ...(check.intervalMs === undefined ? [] : [`inter ${duration(check.intervalMs)}`]),
    ...(check.rise === undefined ? [] : [`rise ${check.rise}`]),
    ...(check.fall === undefined ? [] : [`fall ${check.fall}`]),
  ]
}

/** Weight and state stand right after the address, where digest.ts looks for them. */
export function serverLine(pool: ClusterPool, server: ClusterServer, version: Version): string {
  const { check } = pool
  return [
    `server ${server.name} ${endpoint(server.address, server.port)}`,
    `weight ${weightOf(server)}`,
    ...(server.state === 'maint' ? ['disabled'] : []),
    ...(server.maxconn === undefined ? [] : [`maxconn ${server.maxconn}`]),
    ...(server.backup ? ['backup'] : []),
    ...(check.type === 'none' ? [] : ['check']),
    ...(check.port === undefined || check.type === 'none' ? [] : [`port ${check.port}`]),
    ...(check.type === 'none' ? [] : ownCheck(server)),
    ...(pool.stick?.by === 'cookie' && pool.mode === 'http' ? [`cookie ${server.name}`] : []),
    ...nameOptions(server, pool.resolvers, version),
  ].join(' ')
}

/** An unresolvable name must not keep the rest from starting: the server is down until DNS answers. */
function nameOptions(
  server: ClusterServer,
  resolvers: string | undefined,
  version: Version,
): readonly string[] {
  if (server.literal) return []
  const own = has(version, 'parse-resolv-conf') ? RESOLVERS : undefined
  const by = resolvers ?? own
  return [
    ...(by === undefined ? [] : [`resolvers ${by}`]),
    ...(has(version, 'init-addr') ? ['init-addr last,libc,none'] : []),
  ]
}

function timeoutLines(pool: ClusterPool): readonly string[] {
  const { timeouts, check } = pool
  return [
    `timeout connect ${duration(timeouts.connectMs)}`,
    `timeout server ${duration(timeouts.serverMs)}`,
    `timeout queue ${duration(timeouts.queueMs)}`,
    `timeout tunnel ${duration(timeouts.tunnelMs)}`,
    ...(check.type === 'none' ? [] : [`timeout check ${duration(check.timeoutMs)}`]),
  ]
}

export function backendSection(pool: ClusterPool, version: Version): Part {
  const http = pool.mode === 'http'
  const balance = balanceLines(pool, version)
  const names = pool.servers.some((server) => !server.literal)
  const { check } = pool
  const cookieInTcp = pool.stick?.by === 'cookie' && !http
  const lines = [
    `mode ${pool.mode}`,
    ...balance.lines,
    ...timeoutLines(pool),
    `retries ${pool.retries}`,
    `${pool.redispatch ? '' : 'no '}option redispatch`,
    ...(http ? ['option http-keep-alive'] : []),
    ...(http && has(version, 'http-reuse') ? ['http-reuse safe'] : []),
    ...(cookieInTcp ? [] : stickLines(pool)),
    ...checkLines(check, version),
    ...(check.type === 'none'
      ? []
      : [
          `default-server inter ${duration(check.intervalMs)} rise ${check.rise} fall ${check.fall}`,
        ]),
    ...(isLive(pool, version) ? [LIVE_MARK] : []),
    ...pool.servers.map((server) => serverLine(pool, server, version)),
    ...verbatim(pool.extra),
  ]
  const notes = [
    ...balance.notes,
    ...(http && !has(version, 'http-reuse') ? [leftOut(version, 'http-reuse')] : []),
    ...(names && !has(version, 'init-addr') ? [leftOut(version, 'init-addr')] : []),
    ...(cookieInTcp
      ? [`pool ${pool.name} has mode tcp: its cookie is left out, it needs HTTP`]
      : []),
  ]
  return { lines: section(`backend ${pool.name}`, lines), notes }
}
