// The cluster as one agent sees it, and which of the agents that see the same sends a message. Pure.
import type { Cluster } from '../../spec/cluster.ts'
import type { Notice, NodeSeen, VipSeen, View } from '../../spec/notice.ts'
import { NODE_TOPICS, nodeFaults } from '../../spec/node-faults.ts'
import type { Report, Summary } from '../../spec/report.ts'

/** What this node and everybody who answered just said, by node. */
export type Answers = ReadonlyMap<string, Summary>

function vipSeen(vip: Cluster['vips'][number], answers: Answers): VipSeen {
  const addresses = vip.nets.map((net) => net.address)
  const holding = (address: string) =>
    [...answers.values()].filter((one) => one.holds.includes(`${vip.name}/${address}`))
  const perAddress = addresses.map((address) => holding(address).map((one) => one.node))
  const everybody = vip.peers.every((peer) => answers.has(peer.node))
  const state = perAddress.some((nodes) => nodes.length > 1)
    ? 'split'
    : perAddress.every((nodes) => nodes.length === 1)
      ? 'held'
      : // A peer that does not answer may hold it.
        everybody
        ? 'none'
        : 'unknown'
  const holders = [...new Set(perAddress.flat())].sort()
  return { vip: vip.name, addresses, state, holders, takeoverMs: vip.takeoverMs }
}

function nodeSeen(node: string, summary: Summary | undefined, once: boolean): NodeSeen {
  const condition = summary?.condition
  const ready = condition === 'Ready'
  return {
    ...{ node, stale: summary === undefined && once, ready },
    failing: condition === 'Stalled' || condition === 'Degraded',
    failed: ready ? '' : (summary?.failed ?? ''),
    wanted: summary?.wanted ?? '',
    revision: summary?.wantedRevision ?? 0,
    reason: summary?.reason ?? '',
  }
}

/** Since when this agent looks at its own node: a probe of each kind is done well within it. */
const SETTLED_MS = 30_000

/** What only this node knows of itself. */
export const ownFaults = (
  report: Report,
  { wall, mono }: Pick<View, 'wall' | 'mono'>,
  startedMono: number,
): Pick<View, 'others' | 'unsure'> => ({
  others: nodeFaults(report.summary.node, report, wall),
  unsure: NODE_TOPICS.filter(
    (topic) =>
      mono - startedMono < SETTLED_MS ||
      // The doctor listens some time after the start.
      (topic === 'foreign-vrid' && report.findings === undefined),
  ),
})

/** `once`: nodes that ever answered; only their silence means something. */
export const viewOf = (
  cluster: Cluster,
  answers: Answers,
  once: ReadonlySet<string>,
  { self, mono, wall }: Pick<View, 'self' | 'mono' | 'wall'>,
): View => ({
  ...{ self, mono, wall },
  vips: cluster.vips.map((vip) => vipSeen(vip, answers)),
  nodes: cluster.nodes.map(({ name }) => nodeSeen(name, answers.get(name), once.has(name))),
})

/**
 * Every agent finds the same messages about vips and silence; one sends each. A move: the new holder, which is surely alive. Anything else: the
 * first by name of those who answer, without the node it is about: that one may just have started and know nothing.
 */
export function senderOf(notice: Notice, view: View, answers: Answers): string {
  // Nobody else looks at what is on this node.
  if (NODE_TOPICS.some((topic) => topic === notice.topic)) return view.self
  const reachable = [...answers.keys()].sort()
  if (notice.topic === 'transition' && notice.phase === 'event') {
    const vip = view.vips.find((seen) => notice.about.includes(seen.vip))
    const [holder] = vip?.holders ?? []
    if (holder !== undefined) return holder
  }
  return reachable.find((node) => !notice.about.includes(node)) ?? reachable[0] ?? ''
}
