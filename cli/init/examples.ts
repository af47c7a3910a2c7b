// The clusters that `hactl init` starts from; the single file carries them.
import haproxyFailover from '../../spec/examples/haproxy-failover.json' with { type: 'json' }
import haproxyRegex from '../../spec/examples/haproxy-regex.json' with { type: 'json' }
import lvsApache from '../../spec/examples/lvs-apache.json' with { type: 'json' }
import nginxDualMaster from '../../spec/examples/nginx-dual-master.json' with { type: 'json' }
import wordpress from '../../spec/examples/wordpress.json' with { type: 'json' }
import wordpressFull from '../../spec/examples/wordpress-full.json' with { type: 'json' }
import type { InitFlags } from '../commands/init.ts'

/** Two balancers, one address, two servers. Addresses are of documentation (RFC 5737). */
const minimal = {
  version: 1,
  cluster: 'shop',
  nodes: {
    lb1: { address: '192.0.2.11/24' },
    lb2: { address: '192.0.2.12/24' },
    web1: { address: '192.0.2.21/24' },
    web2: { address: '192.0.2.22/24' },
  },
  vips: {
    web: {
      addresses: ['192.0.2.100'],
      peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
    },
  },
  proxies: { web: { vip: 'web', port: 80, pool: 'apps' } },
  pools: {
    apps: { servers: { app1: { node: 'web1', port: 80 }, app2: { node: 'web2', port: 80 } } },
  },
}

const SPECS: Readonly<Record<InitFlags['example'], object>> = {
  minimal,
  wordpress,
  'wordpress-full': wordpressFull,
  'haproxy-failover': haproxyFailover,
  'haproxy-regex': haproxyRegex,
  'lvs-apache': lvsApache,
  'nginx-dual-master': nginxDualMaster,
}

/** The example as a file that completes by the schema beside it. */
export const exampleText = (name: InitFlags['example']): string =>
  `${JSON.stringify({ ...SPECS[name], $schema: './schema.json' }, null, 2)}\n`
