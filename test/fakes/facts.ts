// Facts of a fake Debian 12 node under the built-in supervisor.
import type { Facts } from '../../agent/plan/types.ts'

/** `address` is its own, in a /24 on eth0. */
export const fakeFacts = (node: string, address: string, more: Partial<Facts> = {}): Facts => ({
  node,
  interfaces: [{ name: 'eth0', up: true }],
  addresses: [{ interface: 'eth0', address, prefix: 24 }],
  engines: {
    haproxy: { version: [2, 6, 12], features: [] },
    keepalived: { version: [2, 2, 7], features: [] },
    nginx: { version: [1, 22, 1], features: ['http_v2_module'] },
  },
  supervisor: 'builtin',
  packager: 'apt',
  filesMax: 65_536,
  cpus: 2,
  users: ['root', 'haproxy', 'www-data'],
  syslog: true,
  kernel: [6, 1, 0],
  firewall: 'none',
  selinux: 'disabled',
  ...more,
})
