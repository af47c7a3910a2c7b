// Rolling order within a vip: backups first, the holder last, one at a time, the next only when the one
// before proved the new spec. A bad but valid spec reaches one backup, not the cluster. Pure.
import type { Cluster } from '../../spec/cluster.ts'
import type { Summary } from '../../spec/report.ts'
import { IMPACTS, type Observed, type Plan } from './types.ts'

export type Turn =
  | { readonly go: true }
  /** `stalled`: waiting longer cannot help, only a new spec. */
  | { readonly go: false; readonly why: string; readonly stalled: boolean }

export type TurnInput = {
  readonly plan: Plan
  readonly cluster: Cluster
  readonly observed: Observed
  /** Answers of the peers just now; a missing key means unreachable. */
  readonly peers: ReadonlyMap<string, Summary>
  /** How long this node has waited for this digest already. */
  readonly waitedMs: number
}

const RELOAD = IMPACTS.indexOf('reload')
/** A peer that answers but has not heard of the new spec gets this many times the wait of a dead one. */
const SLOW_PEER_FACTOR = 3

export function myTurn({ plan, cluster, observed, peers, waitedMs }: TurnInput): Turn {
  const risky = plan.steps.filter(
    (s) =>
      IMPACTS.indexOf(s.impact) >= RELOAD &&
      // What does not run here serves nobody: bringing it up disturbs nothing.
      observed.daemons.get(s.id.replace(/^daemon:/, ''))?.running === true,
  )
  const vips = new Set(risky.flatMap((s) => s.vips))
  for (const vip of cluster.vips.filter((v) => vips.has(v.name))) {
    const order = rollingOrder(vip, cluster, plan.node, observed, peers)
    // Also one that comes later in the order: it may have gone first while nobody could be asked.
    const broken = order.find((n) => n !== plan.node && peers.get(n)?.failed === plan.digest)
    if (broken !== undefined) return refusedBy(broken, peers.get(broken))
    for (const node of order.slice(0, order.indexOf(plan.node))) {
      const turn = after(node, peers.get(node), plan.digest, cluster.rollout.peerWaitMs, waitedMs)
      if (!turn.go) return turn
    }
  }
  return { go: true }
}

/** Lowest priority first, whoever holds the vip last. */
export function rollingOrder(
  vip: Cluster['vips'][number],
  cluster: Cluster,
  self: string,
  observed: Observed,
  peers: ReadonlyMap<string, Summary>,
): string[] {
  const holds = (node: string) =>
    node === self
      ? vip.nets.some((n) => observed.addresses.some((a) => a.address === n.address))
      : (peers.get(node)?.holds.some((h) => h.startsWith(`${vip.name}/`)) ?? false)
  const known = new Set(cluster.nodes.map((n) => n.name))
  return [...vip.peers]
    .filter((p) => known.has(p.node))
    .sort((a, b) => Number(holds(a.node)) - Number(holds(b.node)) || a.priority - b.priority)
    .map((p) => p.node)
}

const refusedBy = (node: string, peer: Summary | undefined): Turn => ({
  go: false,
  stalled: true,
  why: `${node} could not run this spec: ${peer?.reason ?? ''}`,
})

function after(
  node: string,
  peer: Summary | undefined,
  digest: string,
  peerWaitMs: number,
  waitedMs: number,
): Turn {
  if (peer === undefined) {
    return waitedMs >= peerWaitMs
      ? { go: true }
      : { go: false, stalled: false, why: `waiting for ${node}, which does not answer` }
  }
  if (peer.running === digest) return { go: true }
  if (peer.condition === 'Paused' || waitedMs >= SLOW_PEER_FACTOR * peerWaitMs) return { go: true }
  return { go: false, stalled: false, why: `waiting for ${node} to prove this spec first` }
}
