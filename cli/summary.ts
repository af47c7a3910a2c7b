// What a new spec changes, node by node, worked out offline from the two specs.
import { compile, makePlan } from '../agent/plan/index.ts'
import { emptyObserved, offlineFacts } from '../agent/plan/offline.ts'
import { type Facts, IMPACTS, type Impact, type Observed, type Plan } from '../agent/plan/types.ts'
import type { Cluster } from '../spec/cluster.ts'

export type NodeChange = {
  readonly node: string
  readonly steps: number
  /** The worst class of its steps; 'quiet' when there is none. */
  readonly impact: Impact
  /** In the operator's words, of the worst step. */
  readonly says: string
  /** It is not in the old spec. */
  readonly fresh: boolean
}

/** Nodes that balance: peers of vips and nodes of proxies; all where there is neither. Sorted. */
export function balancers(cluster: Cluster): readonly string[] {
  const names = new Set([
    ...cluster.vips.flatMap((vip) => vip.peers.map((peer) => peer.node)),
    ...cluster.proxies.flatMap((proxy) => proxy.nodes),
  ])
  return names.size === 0 ? cluster.nodes.map((n) => n.name) : [...names].sort()
}

/** Nodes whose machine changes; what a real node decides may be milder or, after drift, more. Pure. */
export function summary(from: Cluster | undefined, to: Cluster): readonly NodeChange[] {
  return to.nodes.flatMap(({ name }) => {
    const had = from?.nodes.some((n) => n.name === name) === true ? from : undefined
    const { steps } = changeOf(had, to, name)
    if (steps.length === 0) return []
    const worst = steps.reduce((a, b) =>
      IMPACTS.indexOf(b.impact) > IMPACTS.indexOf(a.impact) ? b : a,
    )
    const { impact, says } = worst
    return [{ node: name, steps: steps.length, impact, says, fresh: had === undefined }]
  })
}

/** What one node would do that runs the first spec, proved, or nothing, when it gets the second. Pure. */
export function changeOf(from: Cluster | undefined, to: Cluster, node: string): Plan {
  const facts = offlineFacts(to, node)
  return makePlan(to, facts, from === undefined ? emptyObserved() : after(from, facts))
}

/** A machine on which a spec has been proved. */
function after(cluster: Cluster, facts: Facts): Observed {
  const files = new Map<string, { body: string; mode: number }>()
  const daemons = new Map<
    string,
    Observed['daemons'] extends ReadonlyMap<string, infer D> ? D : never
  >()
  const sysctls = new Map<string, string>()
  const servers = new Map<
    string,
    Observed['servers'] extends ReadonlyMap<string, infer S> ? S : never
  >()
  for (const want of compile(cluster, facts).wants) {
    if (want.kind === 'sysctl') sysctls.set(want.key, want.value)
    if (want.kind !== 'daemon') continue
    for (const file of want.files) files.set(file.path, { body: file.body, mode: file.mode })
    daemons.set(want.daemon.name, { running: true, pid: 1, restarts: 0, digest: want.digest })
    for (const [key, server] of Object.entries(want.live?.servers ?? {})) servers.set(key, server)
  }
  return {
    ...emptyObserved(),
    files,
    good: new Map([...files].map(([path, { body }]) => [path, body])),
    daemons,
    sysctls,
    servers,
    addresses: facts.addresses,
    ours: new Set(files.keys()),
  }
}
