// One cluster by DR, two directors and two real servers, and changes of it.
import assert from 'node:assert/strict'
import { checkSpec } from '../../../spec/check.ts'
import type { Cluster } from '../../../spec/cluster.ts'

const SPEC = {
  version: 1,
  cluster: 'test',
  nodes: {
    lb1: { address: '10.0.0.11/24', interface: 'eth0' },
    lb2: { address: '10.0.0.12/24', interface: 'eth0' },
    rs1: { address: '10.0.0.21/24', interface: 'eth0' },
    rs2: { address: '10.0.0.22/24', interface: 'eth0' },
  },
  vips: {
    web: { addresses: ['10.0.0.33'], peers: { lb1: { priority: 150 }, lb2: { priority: 100 } } },
  },
  lvs: {
    web: {
      vip: 'web',
      port: 80,
      scheduler: 'rr',
      servers: { a: { node: 'rs1' }, b: { node: 'rs2', weight: 2 } },
    },
  },
}
export type Edit = (spec: typeof SPEC & Record<string, unknown>) => void

export function clusterOf(edit: Edit = () => undefined): Cluster {
  const spec = structuredClone(SPEC)
  edit(spec)
  const { cluster, diagnostics } = checkSpec(JSON.stringify(spec))
  return cluster ?? assert.fail(JSON.stringify(diagnostics))
}
