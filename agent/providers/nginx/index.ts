// nginx on a node: packages, configuration, sysctls. Turns the spec into wants, nothing else.
import type { Cluster } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type {
  Facts,
  Provider,
  Want,
  WantDaemon,
  WantPackage,
  WantPackages,
} from '../../plan/types.ts'
import type { Daemon } from '../../world.ts'
import { bindsOf, nonlocalBinds, proxiesOn, usesIpv6 } from '../listen.ts'
import { nginxImpact } from './impact.ts'
import { CONFIG_PATH, SOCKET_PATH } from './paths.ts'
import { renderNginx } from './render.ts'
import { STREAM_PACKAGES, streamSupport } from './stream.ts'

const PACKAGE: WantPackage = {
  kind: 'package',
  engine: 'nginx',
  names: { apt: 'nginx', dnf: 'nginx' },
}
const MODE = 0o644

/** Foreground for the built-in supervisor; under systemd the unit of the package says how. */
const DAEMON: Daemon = {
  name: 'nginx',
  unit: 'nginx.service',
  argv: ['nginx', '-c', CONFIG_PATH, '-g', 'daemon off;'],
  reloadSignal: 'SIGHUP',
  leftovers: [SOCKET_PATH],
}

/** Only where nginx does not have the module and could: it is a package of its own. */
function modulesOf(cluster: Cluster, facts: Facts): readonly WantPackages[] {
  const tcp = proxiesOn(cluster, facts.node, 'nginx').some((proxy) => proxy.mode === 'tcp')
  const features = facts.engines['nginx']?.features ?? []
  if (!tcp || facts.packager === 'none' || streamSupport(features) === 'built in') return []
  return [{ kind: 'packages', name: 'nginx-stream', names: [STREAM_PACKAGES[facts.packager]] }]
}

function daemonWant(
  cluster: Cluster,
  facts: Facts,
  version: Version,
): { readonly want: WantDaemon; readonly notes: readonly string[] } {
  const { text, digest, notes, proxies } = renderNginx(cluster, facts, version)
  const ipv6 = usesIpv6(cluster, facts.node)
  const vips = proxies.flatMap((proxy) => (proxy.vip === undefined ? [] : [proxy.vip]))
  const want: WantDaemon = {
    kind: 'daemon',
    engine: 'nginx',
    daemon: DAEMON,
    files: [{ path: CONFIG_PATH, body: text, mode: MODE }],
    digest,
    binds: proxies.flatMap((proxy) => bindsOf(proxy.addresses, proxy.port, ipv6)),
    vips: [...new Set(vips)],
    impact: (have) => nginxImpact(have, text, facts.node),
  }
  return { want, notes }
}

export const nginx = {
  name: 'nginx',
  compile(cluster: Cluster, facts: Facts) {
    if (proxiesOn(cluster, facts.node, 'nginx').length === 0) return { wants: [], notes: [] }
    const version = facts.engines['nginx']?.version
    if (version === undefined)
      return {
        wants: [PACKAGE],
        notes: ['nginx is not installed yet: its configuration follows once its version is known'],
      }
    const { want, notes } = daemonWant(cluster, facts, version)
    const wants: readonly Want[] = [
      PACKAGE,
      ...modulesOf(cluster, facts),
      ...nonlocalBinds(cluster, facts.node, 'nginx'),
      want,
    ]
    return { wants, notes }
  },
} satisfies Provider
