// Sections global, defaults and resolvers.
import type { Cluster, ClusterProxy } from '../../../spec/cluster.ts'
import type { Facts } from '../../plan/types.ts'
import type { Version } from '../../engine.ts'
import { SOCKET_PATH } from './paths.ts'
import { type Directive, has, leftOut } from './profiles.ts'
import { linesFor } from '../listen.ts'
import { duration, joinParts, type Part, section, verbatim } from './words.ts'

/** Connections of one haproxy when the spec asks for no more. */
const MAXCONN_DEFAULT = 20_000
const MAXCONN_MIN = 100
/** In lines of the spec: the operator's own limit of the process. */
const MAXCONN_KEPT = /^maxconn ([0-9]{1,9})$/
/** Descriptors per connection (client, server, a share of pipes) and those for listeners, checks, logs. */
const FILES_PER_CONNECTION = 2.2
const FILES_RESERVED = 200
/** MAX_THREADS of a 64-bit build. */
const THREADS_MAX = 64
/** An old worker with a stuck connection ends after this; more than any sane request takes. */
const HARD_STOP_AFTER_MS = 30 * 60_000
const RELOADS_KEPT_MAX = 50
const LOG_FALLBACK = '127.0.0.1:514'
export const RESOLVERS = 'hactl-dns'

/** Global maxconn: what the proxies ask for, as far as the descriptors of the node reach. */
export function maxconn(
  proxies: readonly ClusterProxy[],
  filesMax: number,
  kept: readonly string[] = [],
) {
  const asked = proxies.reduce((sum, proxy) => sum + (proxy.maxconn ?? 0), 0)
  const told = kept.flatMap((line) => MAXCONN_KEPT.exec(line)?.[1] ?? []).map(Number)
  const wanted = told[0] ?? Math.max(MAXCONN_DEFAULT, asked)
  const possible = Math.floor((filesMax - FILES_RESERVED) / FILES_PER_CONNECTION)
  const value = Math.max(MAXCONN_MIN, Math.min(wanted, possible))
  const note = `haproxy takes ${value} connections at most instead of ${wanted}: a process may open ${filesMax} files here`
  return { value, notes: value < wanted ? [note] : [] }
}

function optional(version: Version, directive: Directive, line: string): Part {
  return has(version, directive)
    ? { lines: [line], notes: [] }
    : { lines: [], notes: [leftOut(version, directive)] }
}

function logLine(cluster: Cluster, facts: Facts, version: Version): Part {
  const target = cluster.logs.target ?? (facts.syslog ? '/dev/log' : LOG_FALLBACK)
  const { facility } = cluster.logs
  if (target !== 'stdout') return { lines: [`log ${target} ${facility}`], notes: [] }
  if (has(version, 'log stdout')) return { lines: [`log stdout format raw ${facility}`], notes: [] }
  return { lines: [`log ${LOG_FALLBACK} ${facility}`], notes: [leftOut(version, 'log stdout')] }
}

function tlsLines(version: Version): readonly string[] {
  return has(version, 'ssl-min-ver')
    ? ['ssl-default-bind-options ssl-min-ver TLSv1.2', 'tune.ssl.default-dh-param 2048']
    : ['ssl-default-bind-options no-sslv3 no-tlsv10 no-tlsv11', 'tune.ssl.default-dh-param 2048']
}

/**
 * No chroot: facts cannot promise that the directory exists and is empty, and inside it /dev/log is out of reach.
 * No `master-worker` keyword: it goes away in 3.5, the flag -W does the same (FIELD 4.6).
 */
export function globalSection(
  cluster: Cluster,
  facts: Facts,
  version: Version,
  proxies: readonly ClusterProxy[],
): Part {
  const kept = linesFor(cluster, facts.node, 'haproxy', 'global')
  const connections = maxconn(proxies, facts.filesMax, kept)
  const expose = has(version, 'expose-fd listeners') ? ' expose-fd listeners' : ''
  const threads = Math.max(1, Math.min(THREADS_MAX, facts.cpus))
  const tls = proxies.some((one) => one.tls !== undefined || one.listen.includes('ssl'))
  const account = facts.users.includes('haproxy') ? ['user haproxy', 'group haproxy'] : []
  const whole = joinParts([
    { lines: ['description hactl:'], notes: [] },
    logLine(cluster, facts, version),
    { lines: account, notes: [] },
    { lines: [`maxconn ${connections.value}`], notes: connections.notes },
    optional(version, 'nbthread', `nbthread ${threads}`),
    optional(version, 'hard-stop-after', `hard-stop-after ${duration(HARD_STOP_AFTER_MS)}`),
    optional(version, 'mworker-max-reloads', `mworker-max-reloads ${RELOADS_KEPT_MAX}`),
    {
      lines: [`stats socket ${SOCKET_PATH} mode 600 level admin${expose}`, 'stats timeout 1m'],
      notes: expose === '' ? [leftOut(version, 'expose-fd listeners')] : [],
    },
    { lines: tls ? tlsLines(version) : [], notes: [] },
    // Last, so that the operator's word on a setting is the one that counts.
    { lines: verbatim(kept.filter((line) => !MAXCONN_KEPT.test(line))), notes: [] },
  ])
  return { lines: section('global', whole.lines), notes: whole.notes }
}

/**
 * Only what holds in every mode. maxconn is repeated, because a frontend of a version before 2.0 takes 2000 otherwise;
 * the timeouts are a net below the explicit ones of every section.
 */
export function defaultsSection(connections: number, requests: boolean): readonly string[] {
  return section('defaults', [
    'log global',
    'option dontlognull',
    ...(requests ? [] : ['option dontlog-normal']),
    `maxconn ${connections}`,
    'timeout connect 5s',
    'timeout client 1m',
    'timeout server 1m',
  ])
}

/** Names of servers follow /etc/resolv.conf, so that a DNS change needs no reload. */
export function resolversSection(version: Version, names: boolean): Part {
  if (!names) return { lines: [], notes: [] }
  if (!has(version, 'parse-resolv-conf'))
    return { lines: [], notes: [leftOut(version, 'parse-resolv-conf')] }
  return { lines: section(`resolvers ${RESOLVERS}`, ['parse-resolv-conf']), notes: [] }
}
