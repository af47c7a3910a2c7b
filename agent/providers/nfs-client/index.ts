// NFS mounts of a node: package, units, the mount. Turns the spec into wants, nothing else.
import type { Cluster, ClusterMount } from '../../../spec/cluster.ts'
import type { Facts, Provider, Want } from '../../plan/types.ts'
import { optionsOf, sourceOf, unitsOf } from './units.ts'

const PACKAGES = { apt: ['nfs-common'], dnf: ['nfs-utils'] } as const

export const nfsClient = {
  name: 'nfs-client',
  compile(cluster: Cluster, facts: Facts) {
    const mine = cluster.mounts
      .filter((one) => one.nodes.includes(facts.node))
      // What lies inside of another mount comes after it.
      .sort((a, b) => (a.path < b.path ? -1 : 1))
    if (mine.length === 0) return { wants: [], notes: [] }
    const packages: readonly Want[] =
      facts.packager === 'none'
        ? []
        : [{ kind: 'packages', name: 'nfs-client', names: PACKAGES[facts.packager] }]
    const systemd = facts.supervisor === 'systemd'
    const notes = systemd
      ? []
      : mine.map(({ name }) => `mount ${name}: mounted by the agent, systemd does not run here`)
    return { wants: [...packages, ...mine.map((one) => mountOf(cluster, one, facts))], notes }
  },
} satisfies Provider

function mountOf(cluster: Cluster, mount: ClusterMount, { node, supervisor }: Facts): Want {
  const systemd = supervisor === 'systemd'
  const { path, version, write, hard } = mount
  return {
    kind: 'mount',
    name: mount.name,
    wish: {
      path,
      source: sourceOf(mount),
      version,
      write,
      hard,
      automount: systemd && mount.automount,
    },
    options: optionsOf(mount),
    timeoutMs: mount.mountTimeoutMs,
    ...(systemd && { units: unitsOf(mount) }),
    vips: cluster.vips
      .filter((vip) => vip.trackMounts.includes(mount.name))
      .filter((vip) => vip.peers.some((peer) => peer.node === node))
      .map((vip) => vip.name),
  }
}
