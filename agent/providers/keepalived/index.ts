// Vips to keepalived: package, one daemon with its file, and no address left behind.
import type { Facts, Provider, Want, WantDaemon } from '../../plan/types.ts'
import { keepalivedImpact } from './impact.ts'
import { BFD_PID_PATH, CONFIG_MODE, CONFIG_PATH, PID_PATH, VRRP_PID_PATH } from './paths.ts'
import { renderKeepalived } from './render.ts'
import { type Router, routersOf } from './routers.ts'

/** Rendered for where keepalived is not installed yet: what apt gives on Debian 12. */
const VERSION_DEFAULT = [2, 2, 7]

export const keepalived = {
  name: 'keepalived',
  compile: (cluster, facts) => {
    const mine = cluster.vips.filter((vip) => vip.peers.some((p) => p.node === facts.node))
    if (mine.length === 0) return { wants: [], notes: [] }
    const { routers, notes } = routersOf(cluster, facts)
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
    if (routers.length === 0) return { wants: [pack, ...orphans], notes }
    const { want, left } = daemonOf(routers, facts)
    return { wants: [pack, want, ...orphans], notes: [...notes, ...left] }
  },
} satisfies Provider

function daemonOf(routers: readonly Router[], facts: Facts) {
  const engine = facts.engines['keepalived']
  const version = engine?.version ?? VERSION_DEFAULT
  const features = engine?.features ?? []
  const { body, digest, notes } = renderKeepalived(routers, version, features)
  const want: WantDaemon = {
    kind: 'daemon',
    engine: 'keepalived',
    daemon: {
      name: 'keepalived',
      unit: 'keepalived.service',
      argv: argvOf(features),
      reloadSignal: 'SIGHUP',
    },
    files: [{ path: CONFIG_PATH, body, mode: CONFIG_MODE }],
    digest,
    binds: [],
    vips: [...new Set(routers.map((r) => r.vip.name))],
    impact: (have) => keepalivedImpact(have, body, version, facts.node),
  }
  return { want, left: notes }
}

/** In the foreground, logging to stderr, without the LVS child (which dies where IPVS is missing). */
function argvOf(features: readonly string[]): readonly string[] {
  const pids = ['-p', PID_PATH, '-r', VRRP_PID_PATH]
  const bfd = features.includes('BFD') ? ['-b', BFD_PID_PATH] : []
  return ['keepalived', '-n', '-l', '-D', '-P', '-f', CONFIG_PATH, ...pids, ...bfd]
}
