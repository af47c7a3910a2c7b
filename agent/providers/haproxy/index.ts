// haproxy on a node: package, configuration, sysctls. Turns the spec into wants, nothing else.
import type { Cluster, ClusterProxy } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type { Facts, Provider, Want, WantDaemon, WantLive, WantPackage } from '../../plan/types.ts'
import type { Bind, Daemon } from '../../world.ts'
import { isLive, weightOf } from './backend.ts'
import { bindsOf, nonlocalBinds, poolsOf, proxiesOn, usesIpv6 } from '../listen.ts'
import { haproxyImpact } from './impact.ts'
import { CONFIG_PATH, MASTER_SOCKET_PATH, PID_PATH, SOCKET_PATH } from './paths.ts'
import { has } from './profiles.ts'
import { renderHaproxy } from './render.ts'
import { statsBinds } from './stats.ts'

const PACKAGE: WantPackage = {
  kind: 'package',
  engine: 'haproxy',
  names: { apt: 'haproxy', dnf: 'haproxy' },
}
const MODE_PUBLIC = 0o644
const MODE_SECRET = 0o600

/** Foreground master, workers below it. Before 1.8 the wrapper of the package plays the master and knows SIGUSR2. */
function daemonOf(version: Version): Daemon {
  const tail = ['-f', CONFIG_PATH, '-p', PID_PATH]
  const master = has(version, 'master socket') ? ['-S', `${MASTER_SOCKET_PATH},mode,600`] : []
  return {
    name: 'haproxy',
    unit: 'haproxy.service',
    argv: has(version, 'master-worker')
      ? ['haproxy', '-W', ...tail, ...master]
      : ['haproxy-systemd-wrapper', ...tail],
    reloadSignal: 'SIGUSR2',
  }
}

function bindsFor(
  cluster: Cluster,
  node: string,
  proxies: readonly ClusterProxy[],
): readonly Bind[] {
  const ipv6 = usesIpv6(cluster, node)
  return [
    ...(cluster.stats === undefined ? [] : statsBinds(cluster.stats, ipv6)),
    ...proxies.flatMap((proxy) => bindsOf(proxy.addresses, proxy.port, ipv6)),
  ]
}

/** Exactly what the file starts the servers with, so that after a reload nothing is left to set. */
function liveOf(cluster: Cluster, version: Version, proxies: readonly ClusterProxy[]): WantLive {
  const pools = poolsOf(cluster, proxies).filter((pool) => isLive(pool, version))
  const servers = pools.flatMap((pool) =>
    pool.servers.map((server) => {
      const state = server.state === 'maint' ? 'maint' : 'ready'
      return [`${pool.name}/${server.name}`, { weight: weightOf(server), state }] as const
    }),
  )
  return { socket: SOCKET_PATH, servers: Object.fromEntries(servers) }
}

function daemonWant(
  cluster: Cluster,
  facts: Facts,
  version: Version,
): { readonly want: WantDaemon; readonly notes: readonly string[] } {
  const proxies = proxiesOn(cluster, facts.node, 'haproxy')
  const { text, digest, notes } = renderHaproxy(cluster, facts, version)
  const secret =
    Object.keys(cluster.stats?.users ?? {}).length > 0 ||
    /^\s*user \S+ (?:insecure-)?password /m.test(text)
  const vips = proxies.flatMap((proxy) => (proxy.vip === undefined ? [] : [proxy.vip]))
  const want: WantDaemon = {
    kind: 'daemon',
    engine: 'haproxy',
    daemon: daemonOf(version),
    files: [{ path: CONFIG_PATH, body: text, mode: secret ? MODE_SECRET : MODE_PUBLIC }],
    digest,
    binds: bindsFor(cluster, facts.node, proxies),
    vips: [...new Set(vips)],
    impact: (have) => haproxyImpact(have, text, facts.node, version),
    ...(has(version, 'runtime server state') ? { live: liveOf(cluster, version, proxies) } : {}),
  }
  return { want, notes }
}

export const haproxy = {
  name: 'haproxy',
  compile(cluster: Cluster, facts: Facts) {
    const proxies = proxiesOn(cluster, facts.node, 'haproxy')
    if (proxies.length === 0) return { wants: [], notes: [] }
    const version = facts.engines['haproxy']?.version
    if (version === undefined)
      return {
        wants: [PACKAGE],
        notes: [
          'haproxy is not installed yet: its configuration follows once its version is known',
        ],
      }
    const { want, notes } = daemonWant(cluster, facts, version)
    const wants: readonly Want[] = [PACKAGE, ...nonlocalBinds(cluster, facts.node, 'haproxy'), want]
    return { wants, notes }
  },
} satisfies Provider
