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
}
export const CASES: readonly string[] = Object.keys(SPECS)

export function cluster(name: string): Cluster {
  const checked = checkSpec(JSON.stringify({ version: 1, cluster: 'test', ...Object(SPECS[name]) }))
  assert.ok(checked.cluster !== undefined, JSON.stringify(checked.diagnostics))
  return checked.cluster
}

export function facts(of: Cluster, version: Version, features: readonly string[]): Facts {
  const offline = offlineFacts(of, 'lb1')
  return { ...offline, engines: { keepalived: { version, features } } }
}
