// An upstream: who the servers of a pool are, how they share the load, when one counts as dead.
import type { ClusterPool, ClusterServer } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import { has, leftOut } from './profiles.ts'
import { block, endpoint, type Part, variable, verbatim } from './words.ts'

/** Idle connections that each worker keeps to the servers of one pool. */
const KEEPALIVE = 64
/** Shared by all workers, so that they agree on dead servers, max_conns and the turn: kilobytes for the group and a server. */
const ZONE_KB = 64
const ZONE_SERVER_KB = 2

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** nginx has no weight 0; drain is a commercial feature: both take no traffic at all here. */
const isDown = (server: ClusterServer): boolean => server.state !== 'ready' || server.weight === 0

/** The hash directive's key, or undefined where the balance is none. `stick` by source is a hash of the client's address. */
function hashKey(pool: ClusterPool): string | undefined {
  const { balance, balanceOn = '', stick } = pool
  if (balance === 'source' || stick?.by === 'source') return '$remote_addr'
  if (pool.mode === 'tcp') return undefined
  if (balance === 'uri') return '$hactl_path'
  // nginx spells headers and arguments as variables, so not every name can be one.
  if (balance === 'hdr' && /^[A-Za-z0-9-]+$/.test(balanceOn))
    return `$http_${variable(balanceOn.toLowerCase())}`
  if (balance === 'url_param' && /^[A-Za-z0-9_]+$/.test(balanceOn)) return `$arg_${balanceOn}`
  return undefined
}

/** Whether servers are found by a hash; nginx then takes no backup servers (ngx_http_upstream_module, "backup"). */
const isHashed = (pool: ClusterPool): boolean => hashKey(pool) !== undefined

function balanceLines(pool: ClusterPool, version: Version): Part {
  const key = hashKey(pool)
  if (key !== undefined) return { lines: [`hash ${key} consistent;`], notes: [] }
  switch (pool.balance) {
    case 'roundrobin':
    case 'static-rr':
      return { lines: [], notes: [] }
    case 'leastconn':
      return { lines: ['least_conn;'], notes: [] }
    case 'random':
      return has(version, 'balance random')
        ? { lines: ['random two least_conn;'], notes: [] }
        : { lines: [], notes: [leftOut(version, 'balance random')] }
    default:
      return {
        lines: [],
        notes: [`pool ${pool.name}: nginx cannot balance by ${pool.balance}, roundrobin is used`],
      }
  }
}

/** Whether nginx takes the word backup in this pool. */
const takesBackups = (pool: ClusterPool, version: Version): boolean =>
  !isHashed(pool) && !(pool.balance === 'random' && has(version, 'balance random'))

/**
 * Passive check: max_fails failed attempts within fail_timeout, and the server is left alone for as long. That is the pool's
 * `fall` and the time in which an active check would have failed as often; whole seconds, since nginx takes no fraction here.
 */
export function failWords({ check }: ClusterPool): readonly string[] {
  if (check.type === 'none') return ['max_fails=0']
  const seconds = Math.max(1, Math.ceil((check.intervalMs * check.fall) / 1000))
  return [`max_fails=${check.fall}`, `fail_timeout=${seconds}s`]
}

function serverLine(pool: ClusterPool, server: ClusterServer, unit: number, backup: boolean) {
  const words = [
    `server ${endpoint(server.address, server.port)}`,
    ...(server.weight > unit ? [`weight=${server.weight / unit}`] : []),
    ...(server.maxconn === undefined ? [] : [`max_conns=${server.maxconn}`]),
    ...failWords(pool),
    ...(backup ? ['backup'] : []),
    ...(isDown(server) ? ['down'] : []),
  ]
  return `${words.join(' ')}; # ${server.name}`
}

/** `proxied` is http or stream: the same directives, but for keepalive, which only http has. */
export function upstreamBlock(pool: ClusterPool, version: Version): Part {
  const backups = pool.servers.filter((server) => server.backup)
  const mains = pool.servers.filter((server) => !server.backup)
  // nginx refuses a group of backups alone; they serve as if they were none.
  const alone = mains.length === 0
  const kept = takesBackups(pool, version) || alone ? pool.servers : mains
  const unit = Math.max(1, kept.map((server) => server.weight).reduce(gcd, 0))
  const balance = balanceLines(pool, version)
  const kb = ZONE_KB + ZONE_SERVER_KB * kept.length
  const lines = block(`upstream ${pool.name}`, [
    `zone hactl_${pool.mode}_${variable(pool.name)} ${kb}k;`,
    ...balance.lines,
    ...kept.map((server) => serverLine(pool, server, unit, server.backup && !alone)),
    ...(pool.mode === 'http' ? [`keepalive ${KEEPALIVE};`] : []),
    ...verbatim(pool.extra),
  ])
  return {
    lines,
    notes: [...balance.notes, ...notesOf(pool, kept.length < pool.servers.length, backups)],
  }
}

function notesOf(
  pool: ClusterPool,
  left: boolean,
  backups: readonly ClusterServer[],
): readonly string[] {
  const names = backups.map((server) => server.name).join(', ')
  const about = (what: string) => `pool ${pool.name}: ${what}`
  const drained = pool.servers.filter((server) => server.state === 'drain' || server.weight === 0)
  return [
    ...(left ? [about(`nginx has no backup servers with this balance, ${names} left out`)] : []),
    ...(pool.stick?.by === 'cookie'
      ? [about('nginx cannot insert a cookie to stick by, it is left out')]
      : []),
    ...(pool.stick?.by === 'source'
      ? [about('clients stick by a consistent hash of their address, nginx has no table of them')]
      : []),
    ...(drained.length === 0
      ? []
      : [
          about(
            `nginx cannot drain: ${drained.map((s) => s.name).join(', ')} take no request at all`,
          ),
        ]),
  ]
}
