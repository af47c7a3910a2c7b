// Vips to keepalived: package, one daemon with its file, and no address left behind.
import { HOST_PREFIX } from '../../../spec/address.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type { Facts, Provider, Want, WantDaemon } from '../../plan/types.ts'
import { heads, nodeLines } from './extra.ts'
import { keepalivedImpact } from './impact.ts'
import { directedBy } from '../lvs/services.ts'
import {
  BFD_PID_PATH,
  CHECKERS_PID_PATH,
  CONFIG_MODE,
  CONFIG_PATH,
  PID_PATH,
  VRRP_PID_PATH,
} from './paths.ts'
import { has } from './profiles.ts'
import { renderKeepalived } from './render.ts'
import { type Router, routersOf, unmetOf } from './routers.ts'
import { ownTable, virtualNotes } from './virtual.ts'

/** Rendered for where keepalived is not installed yet: what apt gives on Debian 12. */
const VERSION_DEFAULT = [2, 2, 7]

export const keepalived = {
  name: 'keepalived',
  compile: (cluster, facts) => {
    const mine = cluster.vips.filter((vip) => vip.peers.some((p) => p.node === facts.node))
    if (mine.length === 0) return { wants: [], notes: [], unmet: [] }
    const { routers, notes } = routersOf(cluster, facts)
    const unmet = unmetOf(cluster, facts.node, routers)
    const orphans = mine.map(
      (vip): Want => ({
        kind: 'address',
        vip: vip.name,
        addresses: vip.nets.map((net) => net.address),
        mayHold: routers.some((r) => r.vip === vip),
      }),
    )
    const names = { apt: 'keepalived', dnf: 'keepalived' }
    const pack: Want = { kind: 'package', engine: 'keepalived', names }
    if (routers.length === 0) return { wants: [pack, ...orphans], notes, unmet }
    const { want, left } = daemonOf(cluster, routers, facts)
    return {
      wants: [pack, want, ...orphans, ...tables(cluster, want, facts)],
      notes: [...notes, ...left],
      unmet,
    }
  },
} satisfies Provider

function daemonOf(cluster: Cluster, routers: readonly Router[], facts: Facts) {
  const engine = facts.engines['keepalived']
  const version = engine?.version ?? VERSION_DEFAULT
  const features = engine?.features ?? []
  const services = directedBy(cluster, facts.node)
  const lines = nodeLines(cluster, facts.node)
  const { body, digest, notes } = renderKeepalived(routers, version, features, services, lines)
  const balances = services.length > 0 || heads(lines.blocks).includes('virtual_server')
  const want: WantDaemon = {
    kind: 'daemon',
    engine: 'keepalived',
    daemon: {
      name: 'keepalived',
      unit: 'keepalived.service',
      argv: argvOf(version, features, balances),
      reloadSignal: 'SIGHUP',
    },
    files: [{ path: CONFIG_PATH, body, mode: CONFIG_MODE }],
    digest,
    binds: [],
    vips: [...new Set(routers.map((r) => r.vip.name))],
    impact: (have) => keepalivedImpact(have, body, version, facts.node),
  }
  return { want, left: [...notes, ...virtualNotes(services, version, facts.kernel)] }
}

/**
 * In the foreground, logging to stderr. The checkers' child ends, and everything with it, where IPVS is missing: an old
 * version that starts it without need gets `-P`, VRRP only.
 */
function argvOf(version: Version, features: readonly string[], checks: boolean): readonly string[] {
  const only = checks || has(version, 'checker_on_demand') ? [] : ['-P']
  const pids = ['-p', PID_PATH, '-r', VRRP_PID_PATH, '-c', CHECKERS_PID_PATH]
  const bfd = features.includes('BFD') ? ['-b', BFD_PID_PATH] : []
  return ['keepalived', '-n', '-l', '-D', ...only, '-f', CONFIG_PATH, ...pids, ...bfd]
}

/** keepalived repairs no row that was taken away by hand (keepalived#1877): what its table should be. */
function tables(cluster: Cluster, { daemon, digest }: WantDaemon, facts: Facts): readonly Want[] {
  const version = facts.engines['keepalived']?.version ?? VERSION_DEFAULT
  return directedBy(cluster, facts.node)
    .filter(({ servers }) => servers.length > 0)
    .map((service): Want => {
      const tells = has(version, 'checker_dump') && !ownTable(service, facts.node)
      const { lvs, address, family, servers, sorry } = service
      const { protocol, port, scheduler, persistenceS, persistencePrefix } = lvs
      return {
        kind: 'virtual-service',
        daemon,
        digest,
        tells,
        service: {
          protocol,
          address,
          port,
          scheduler,
          ...(persistenceS !== undefined && {
            persistence: {
              seconds: persistenceS,
              prefix: persistencePrefix ?? HOST_PREFIX[family],
            },
          }),
        },
        method: lvs.method,
        servers,
        ...(sorry && { sorry }),
        vip: lvs.vip,
      }
    })
}
