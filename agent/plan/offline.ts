// Facts and observations for planning without a machine: `hactl plan` and `hactl render`.
import type { Cluster } from '../../spec/cluster.ts'
import type { Version } from '../engine.ts'
import type { Facts, Observed } from './types.ts'

/** Versions of Debian 12, the profile used when nothing was recorded. */
export const OFFLINE_VERSIONS: Readonly<Record<string, Version>> = {
  haproxy: [2, 6, 12],
  keepalived: [2, 2, 7],
  nginx: [1, 22, 1],
}
/** What the packages of Debian 12 bring, as the facts of a node name it. */
const OFFLINE_FEATURES: Readonly<Record<string, readonly string[]>> = {
  nginx: [
    'http_ssl_module',
    'http_v2_module',
    'module:ngx_stream_module.so',
    'modules-path=/usr/lib/nginx/modules',
    'stream=dynamic',
    'stream_ssl_module',
  ],
}
/** Debian 12's. */
const OFFLINE_KERNEL: Version = [6, 1, 0]
const OFFLINE_FILES_MAX = 524_288

/** A node as the spec describes it, with one interface per address: eth0, eth1 ... */
export function offlineFacts(
  cluster: Cluster,
  node: string,
  versions: Readonly<Record<string, Version>> = {},
): Facts {
  const self = cluster.nodes.find((n) => n.name === node)
  const nets = self === undefined ? [] : [self, ...self.links]
  const named = nets.map((n, i) => ({ name: n.interface ?? `eth${i}`, net: n.net }))
  return {
    node,
    interfaces: named.map(({ name }) => ({ name, up: true })),
    addresses: named.map(({ name, net }) => ({
      interface: name,
      address: net.address,
      prefix: net.prefix,
    })),
    engines: Object.fromEntries(
      Object.entries({ ...OFFLINE_VERSIONS, ...versions }).map(([engine, version]) => [
        engine,
        { version, features: OFFLINE_FEATURES[engine] ?? [] },
      ]),
    ),
    supervisor: 'systemd',
    packager: 'apt',
    filesMax: OFFLINE_FILES_MAX,
    cpus: 2,
    users: ['root', 'haproxy', 'www-data'],
    syslog: true,
    kernel: OFFLINE_KERNEL,
    firewall: 'none',
    selinux: 'disabled',
  }
}

/** A machine on which nothing of ours exists yet. */
export const emptyObserved = (): Observed => ({
  files: new Map(),
  good: new Map(),
  originals: new Map(),
  daemons: new Map(),
  sysctls: new Map(),
  addresses: [],
  servers: new Map(),
  heldByPeer: new Map(),
  ours: new Set(),
  packages: new Set(),
  units: new Map(),
  modules: new Set(),
  mounts: new Map(),
  links: [],
  ipvs: [],
  checked: new Map(),
  owned: [],
})
