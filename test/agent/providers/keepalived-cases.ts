// Clusters and facts for the keepalived provider's tests.
import assert from 'node:assert/strict'
import type { Version } from '../../../agent/engine.ts'
import { offlineFacts } from '../../../agent/plan/offline.ts'
import type { Facts } from '../../../agent/plan/types.ts'
import { checkSpec } from '../../../spec/check.ts'
import type { Cluster } from '../../../spec/cluster.ts'

const two = { lb1: { priority: 150 }, lb2: { priority: 100 } }
const web = {
  proxies: { web: { vip: 'web', port: 80, pool: 'apps' } },
  pools: { apps: { servers: { s1: { address: '10.0.0.21', port: 8080 } } } },
}
const nodes = { lb1: { address: '10.0.0.11/24' }, lb2: { address: '10.0.0.12/24' } }
const dual = {
  lb1: { address: '10.0.0.11/24', links: { v6: { address: 'fd00::11/64', interface: 'eth0' } } },
  lb2: { address: '10.0.0.12/24', links: { v6: { address: 'fd00::12/64', interface: 'eth0' } } },
}
const vip = { addresses: ['10.0.0.33/24'], peers: two, vrid: 51 }

const SPECS: Readonly<Record<string, unknown>> = {
  pair: { nodes, vips: { web: vip }, ...web },
  'dual-stack': {
    nodes: dual,
    vips: { web: { ...vip, addresses: ['10.0.0.33/24', 'fd00::33/64'] } },
    ...web,
  },
  'nopreempt-multicast': {
    nodes,
    vips: { web: { ...vip, preempt: false, mode: 'multicast', trackInterfaces: ['eth0', 'eth1'] } },
    ...web,
  },
  'two-vips': {
    nodes,
    vips: {
      db: {
        addresses: ['10.0.0.44/24', '10.0.0.45/24'],
        peers: { lb1: { priority: 100 }, lb2: { priority: 150 } },
        vrid: 52,
        takeoverMs: 4000,
        vrrpVersion: 2,
      },
      web: vip,
    },
    ...web,
  },
  'lvs-dr': {
    nodes: { ...nodes, rs1: { address: '10.0.0.21/24' }, rs2: { address: '10.0.0.22/24' } },
    vips: { web: vip },
    lvs: {
      web: {
        vip: 'web',
        port: 80,
        scheduler: 'rr',
        servers: { a: { node: 'rs1' }, b: { node: 'rs2', state: 'drain' } },
        check: { intervalMs: 500, timeoutMs: 1500, retries: 2 },
      },
    },
  },
  'lvs-nat-group': {
    nodes: {
      lb1: { ...nodes.lb1, links: { inner: { address: '10.1.0.11/24', interface: 'eth1' } } },
      lb2: { ...nodes.lb2, links: { inner: { address: '10.1.0.12/24', interface: 'eth1' } } },
      rs1: { address: '10.1.0.21/24' },
    },
    vips: {
      web: { ...vip, group: 'nat' },
      gateway: { ...vip, addresses: ['10.1.0.1/24'], vrid: 52, group: 'nat' },
    },
    lvs: {
      web: {
        vip: 'web',
        port: 80,
        method: 'nat',
        servers: { a: { node: 'rs1', port: 8080, weight: 3 } },
        sorry: { address: '10.1.0.30', port: 81 },
        persistenceMs: 50_000,
        persistencePrefix: 20,
        check: { type: 'http', path: '/up', host: 'www.example.org', status: 204, port: 8081 },
      },
    },
  },
  'lvs-two-families-udp': {
    nodes: {
      ...dual,
      rs1: {
        address: '10.0.0.21/24',
        links: { v6: { address: 'fd00::21/64', interface: 'eth0' } },
      },
    },
    vips: { web: { ...vip, addresses: ['10.0.0.33/24', 'fd00::33/64'] } },
    lvs: {
      dns: {
        vip: 'web',
        port: 53,
        protocol: 'udp',
        method: 'tun',
        scheduler: 'mh',
        servers: { a: { node: 'rs1' } },
      },
      free: { vip: 'web', port: 81, servers: { a: { node: 'rs1' } }, check: { type: 'none' } },
      pinged: {
        vip: 'web',
        port: 82,
        servers: { a: { node: 'rs1' } },
        check: { type: 'ping' },
        persistenceMs: 60_000,
      },
    },
  },
  'extra-lines': {
    nodes,
    vips: {
      web: {
        ...vip,
        addresses: ['10.0.0.33/24', '10.0.0.34/24'],
        addressOptions: { '10.0.0.34/24': 'dev lo label lo:34 scope link' },
        group: 'all',
        extra: [
          'garp_master_delay 3',
          '@lb1 preempt_delay 30',
          '@^lb1 preempt_delay 5',
          'virtual_routes {',
          '198.51.100.0/24 via 10.0.0.1 dev eth0',
          '}',
        ],
      },
      inner: {
        addresses: ['10.1.0.33/24'],
        peers: {
          lb1: { priority: 150, interface: 'eth0' },
          lb2: { priority: 100, interface: 'eth1' },
        },
        vrid: 52,
        mode: 'multicast',
        group: 'all',
      },
    },
    keepalived: {
      globals: ['vrrp_garp_master_refresh 30', 'vrrp_mcast_group4 224.0.0.100'],
      groups: { all: { extra: ['track_script {', 'down', '}'] } },
      blocks: [
        'vrrp_script down {',
        'script "/usr/bin/test ! -e /run/down"',
        'interval 2',
        'user nobody',
        '}',
      ],
    },
    lvs: {
      web: {
        vip: 'web',
        port: 80,
        scheduler: 'rr',
        extra: ['quorum 2', 'inhibit_on_failure'],
        check: { type: 'none' },
        servers: {
          a: {
            address: '10.0.0.21',
            extra: ['TCP_CHECK {', 'connect_port 81', 'connect_timeout 2', '}'],
          },
          b: { address: '10.0.0.22', extra: ['SMTP_CHECK {', 'helo_name lb.example.org', '}'] },
        },
      },
    },
  },
}
export const CASES: readonly string[] = Object.keys(SPECS)

export const cluster = (name: string): Cluster => clusterOf(Object(SPECS[name]))

/** The pair with other members of its vip. */
export const pairWith = (more: object): Cluster =>
  clusterOf({ nodes, vips: { web: { ...vip, ...more } }, ...web })

function clusterOf(sections: object): Cluster {
  const checked = checkSpec(JSON.stringify({ version: 1, cluster: 'test', ...sections }))
  assert.ok(checked.cluster !== undefined, JSON.stringify(checked.diagnostics))
  return checked.cluster
}

export function facts(of: Cluster, version: Version, features: readonly string[]): Facts {
  const offline = offlineFacts(of, 'lb1')
  return { ...offline, engines: { keepalived: { version, features } } }
}
