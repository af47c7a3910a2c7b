// A cluster of two balancers from the example, and a plan that reloads haproxy: what turn and guard are tried on.
import { readFileSync } from 'node:fs'
import type { Summary } from '../../../spec/report.ts'
import { checkSpec } from '../../../spec/check.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import { emptyObserved } from '../../../agent/plan/offline.ts'
import type { Impact, Observed, Plan, Step } from '../../../agent/plan/types.ts'

/** The seed cluster, changed by `edit` on its JSON text. */
export function cluster(edit: (text: string) => string = (text) => text): Cluster {
  const checked = checkSpec(edit(readFileSync('spec/examples/wordpress.json', 'utf8')))
  if (checked.cluster === undefined) throw new Error(JSON.stringify(checked.diagnostics))
  return checked.cluster
}

export const step = (impact: Impact, id = 'daemon:haproxy'): Step => ({
  id,
  why: 'content differs',
  impact,
  says: `${id} is changed`,
  vips: ['web'],
  removes: 0,
  prepare: [],
  commit: [{ do: 'sysctl', key: 'x', value: '1' }],
  undo: [],
  cleanup: [],
  diff: [],
})

export const plan = (node: string, digest: string, steps: readonly Step[]): Plan => ({
  node,
  digest,
  steps,
  kept: [],
  notes: [],
})

export function observed(holdsVip: boolean, running = true): Observed {
  const daemon = { running, pid: 7, restarts: 0, digest: 'old' }
  return {
    ...emptyObserved(),
    daemons: new Map([
      ['haproxy', daemon],
      ['keepalived', daemon],
    ]),
    addresses: holdsVip ? [{ interface: 'eth0', address: '172.18.67.33', prefix: 32 }] : [],
  }
}

export const summary = (node: string, patch: Partial<Summary> = {}): Summary => ({
  node,
  boot: 'b',
  condition: 'Ready',
  reason: '',
  wanted: '',
  wantedRevision: 0,
  running: '',
  runningRevision: 0,
  failed: '',
  holds: [],
  ...patch,
})
