// nginx.conf of one node for one nginx version. Pure: same input, same bytes.
import { createHash } from 'node:crypto'
import type { Cluster, ClusterPool, ClusterProxy } from '../../../spec/cluster.ts'
import { headsOf } from '../../../spec/nginx-text.ts'
import type { Version } from '../../engine.ts'
import type { Facts } from '../../plan/types.ts'
import { linesFor, poolsOf, proxiesOn, usesIpv6 } from '../listen.ts'
import { accessLine, errorLine, HTTP_FORMAT, logNotes } from './log.ts'
import { DIGEST_PATH, PID_PATH, SOCKET_PATH } from './paths.ts'
import { PATH_MAP, routingMaps } from './routing.ts'
import { httpServer, limitZone } from './server.ts'
import { siteServers } from './site.ts'
import { servable, streamBlock, streamSupport } from './stream.ts'
import { failWords, upstreamBlock } from './upstream.ts'
import { apart, block, duration, joinParts, type Part, verbatim } from './words.ts'

export type Rendered = {
  readonly text: string
  /** 16 hex digits that the running process answers on its own socket. */
  readonly digest: string
  readonly notes: readonly string[]
  /** Proxies that the text serves. */
  readonly proxies: readonly ClusterProxy[]
}

/** Connections of one nginx when the spec asks for no more; each is one to a client and one to a server. */
const MAXCONN_DEFAULT = 20_000
const FILES_RESERVED = 200
const CONNECTIONS_MIN = 512
const WORKERS_MAX = 64
/** An old worker with a stuck connection ends after this; more than any sane request takes. */
const SHUTDOWN_TIMEOUT_MS = 30 * 60_000
const USERS = ['nginx', 'www-data']

const plain = (lines: readonly string[]): Part => ({ lines, notes: [] })

/** Of one worker: twice its share, since the kernel does not hand out connections evenly, as far as its open files reach. */
function connections(
  proxies: readonly ClusterProxy[],
  workers: number,
  filesMax: number,
  kept: readonly string[],
): Part {
  const asked = proxies.reduce((sum, { maxconn }) => sum + (maxconn ?? 0), 0)
  const wanted = Math.ceil((2 * 2 * Math.max(MAXCONN_DEFAULT, asked)) / workers)
  const value = Math.max(CONNECTIONS_MIN, Math.min(wanted, filesMax - FILES_RESERVED))
  const note = `nginx: a worker takes ${value} connections at most instead of ${wanted}: a process may open ${filesMax} files here`
  return {
    lines: block('events', [`worker_connections ${value};`, ...verbatim(kept)]),
    notes: value < wanted ? [note] : [],
  }
}

function mainPart(cluster: Cluster, facts: Facts, load: readonly string[]): Part {
  const user = USERS.find((name) => facts.users.includes(name))
  const workers = Math.max(1, Math.min(WORKERS_MAX, facts.cpus))
  return {
    notes: logNotes(cluster, facts),
    lines: [
      ...load,
      // Modules are loaded before anything that needs them.
      ...verbatim(linesFor(cluster, facts.node, 'nginx', 'main')),
      // Without one, nginx uses the user it was built for.
      ...(user === undefined ? [] : [`user ${user};`]),
      `worker_processes ${workers};`,
      `worker_rlimit_nofile ${facts.filesMax};`,
      `worker_shutdown_timeout ${duration(SHUTDOWN_TIMEOUT_MS)};`,
      'pcre_jit on;',
      `pid ${PID_PATH};`,
      errorLine(cluster, facts),
    ],
  }
}

/** Only this machine reaches it, by its socket: the proof of what runs, and whether workers accept. */
const ownServer = block('server', [
  `listen unix:${SOCKET_PATH};`,
  'access_log off;',
  ...block(`location = ${DIGEST_PATH}`, ['return 200 "hactl:\\n";']),
  ...block('location = /health', ['return 200 "ok\\n";']),
  ...block('location /', ['return 404;']),
])

const TABLES = [
  'map_hash_bucket_size 128;',
  'variables_hash_max_size 16384;',
  'variables_hash_bucket_size 128;',
]
/** An upgraded connection is passed on; any other one may be kept for the next request. */
const CONNECTION_MAP = block('map $http_upgrade $hactl_connection', ['default upgrade;', '"" "";'])
/** haproxy's "option forwardfor except 127.0.0.0/8": a proxy on this machine has said it already. */
const FORWARDED_MAP = block('map $remote_addr $hactl_forwarded_for', [
  'default $proxy_add_x_forwarded_for;',
  '~^127\\. $http_x_forwarded_for;',
])

function httpBlock(
  cluster: Cluster,
  facts: Facts,
  version: Version,
  proxies: readonly ClusterProxy[],
): Part {
  const features = facts.engines['nginx']?.features ?? []
  const http2 = features.includes('http_v2_module')
  const ipv6 = usesIpv6(cluster, facts.node)
  const upstreams = poolsOf(cluster, proxies).map((pool) => upstreamBlock(pool, version))
  const kept = linesFor(cluster, facts.node, 'nginx', 'http')
  // A log of the operator's own is the only one.
  const logOf = (proxy: ClusterProxy) =>
    headsOf(kept).includes('access_log') ? [] : [accessLine(cluster, facts, proxy)]
  const inner = apart([
    [...TABLES, ...HTTP_FORMAT, ...proxies.flatMap(limitZone)],
    verbatim(kept),
    CONNECTION_MAP,
    FORWARDED_MAP,
    PATH_MAP,
    ...upstreams.map((part) => part.lines),
    ...proxies.flatMap((proxy) => [
      ...(proxy.sites.length > 0
        ? siteServers(proxy, version, { ipv6, log: logOf(proxy) })
        : [
            routingMaps(proxy),
            httpServer(proxy, version, { ipv6, http2, log: accessLine(cluster, facts, proxy) }),
          ]),
    ]),
    ownServer,
  ])
  const without = proxies.some((proxy) => proxy.tls !== undefined) && !http2
  return {
    lines: block('http', inner),
    notes: [
      ...upstreams.flatMap((part) => part.notes),
      ...(without ? ['this nginx is built without HTTP/2: clients speak HTTP/1.1'] : []),
    ],
  }
}

/** Nothing asks a server how it is; that must be said where a check is written. */
function passiveNotes(pools: readonly ClusterPool[]): readonly string[] {
  return pools
    .filter(({ check }) => check.type !== 'none')
    .map(
      (pool) =>
        `pool ${pool.name}: nginx asks no server how it is; it learns from the requests it sends (${failWords(pool).join(', ')})`,
    )
}

const DIGEST_DIGITS = 16
const EMPTY = 'return 200 "hactl:\\n";'

/** Digest in an answer of the running process or in a configuration text, '' when there is none. */
export const digestIn = (text: string): string =>
  /^(?:\s*return 200 ")?hactl:([0-9a-f]{16})(?:\\n";|\s*$)/m.exec(text)?.[1] ?? ''

/** The whole file for facts.node; `version` is the probed one, never a guess. */
export function renderNginx(cluster: Cluster, facts: Facts, version: Version): Rendered {
  const support = streamSupport(facts.engines['nginx']?.features ?? [])
  const { proxies, notes } = servable(proxiesOn(cluster, facts.node, 'nginx'), support)
  const http = proxies.filter((proxy) => proxy.mode === 'http')
  const tcp = proxies.filter((proxy) => proxy.mode === 'tcp')
  const load = tcp.length > 0 && typeof support === 'object' ? [`load_module ${support.load};`] : []
  const workers = Math.max(1, Math.min(WORKERS_MAX, facts.cpus))
  const file = joinParts([
    plain(['# Written by hactl from the cluster spec. A change by hand is seen and put right.']),
    mainPart(cluster, facts, load),
    connections(proxies, workers, facts.filesMax, linesFor(cluster, facts.node, 'nginx', 'events')),
    httpBlock(cluster, facts, version, http),
    streamBlock(cluster, facts, version, tcp, usesIpv6(cluster, facts.node)),
  ])
  const bare = `${file.lines.join('\n')}\n`
  const digest = createHash('sha256').update(bare).digest('hex').slice(0, DIGEST_DIGITS)
  return {
    text: bare.replace(EMPTY, `return 200 "hactl:${digest}\\n";`),
    digest,
    notes: [...notes, ...file.notes, ...passiveNotes(poolsOf(cluster, proxies))],
    proxies,
  }
}
