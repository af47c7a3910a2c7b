// Per provider: a spec on which it wants something, and a change of that spec that it must notice.

import type { Facts } from '../../agent/plan/types.ts'

export type Sample = {
  /** Path of a spec that checkSpec accepts. */
  readonly spec: string
  readonly node: string
  /** Edits its text; what the provider wants must differ afterwards. */
  readonly change: (text: string) => string
  /** Where the provider wants nothing of a plain node. */
  readonly facts?: Partial<Facts>
}

/** A new provider adds itself here; provider.test.ts fails until it does. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  haproxy: {
    spec: 'spec/examples/wordpress.json',
    node: 'lb1',
    change: (text) => text.replace('"/static"', '"/assets"'),
  },
  nginx: {
    spec: 'spec/examples/nginx-dual-master.json',
    node: 'nginx1',
    change: (text) => text.replace('"retries": 1', '"retries": 2'),
  },
  services: {
    spec: 'test/cases/specs/services.json',
    node: 'web1',
    change: (text) => text.replace('web1.example.org', 'www.example.org'),
  },
  'nfs-server': {
    spec: 'test/cases/specs/nfs.json',
    node: 'nfs1',
    change: (text) => text.replace('"squash": "root"', '"squash": "all"'),
  },
  'nfs-client': {
    spec: 'test/cases/specs/nfs.json',
    node: 'web1',
    change: (text) => text.replace('"hard": true', '"automount": false'),
  },
  kernel: {
    spec: 'test/cases/specs/services.json',
    node: 'web1',
    change: (text) => text.replace('"20"', '"30"'),
  },
  firewall: {
    spec: 'spec/examples/wordpress.json',
    node: 'lb1',
    change: (text) => text.replace('10086', '10087'),
    facts: { firewall: 'nftables' },
  },
  selinux: {
    spec: 'spec/examples/wordpress.json',
    node: 'lb1',
    change: (text) => text.replaceAll('"port": 8080', '"port": 80'),
    facts: { selinux: 'enforcing' },
  },
  keepalived: {
    spec: 'spec/examples/wordpress.json',
    node: 'lb2',
    change: (text) => text.replace('"peers":', '"preempt": false, "peers":'),
  },
  lvs: {
    spec: 'spec/examples/lvs-apache.json',
    node: 'web1',
    change: (text) => text.replace('172.17.1.160', '172.17.1.161'),
  },
}
