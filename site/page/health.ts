// How each server is, from the words of several balancers: the ones that hold a vip count, and of them the worst. Pure.
import type { ServerHealth } from '../../spec/report.ts'
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'
import { serverTone, type Tone, worse } from './words.ts'

export type Said = {
  readonly node: NodeStatus
  readonly server: ServerHealth
  /** off when the node is not heard any more. */
  readonly tone: Tone
}

export const saidOf = (status: ClusterStatus): readonly Said[] =>
  status.nodes.flatMap((node) =>
    (node.report?.servers ?? []).map((server) => ({
      ...{ node, server },
      tone: node.stale ? 'off' : serverTone(server),
    })),
  )

/** By "pool/server". */
export function healthOf(status: ClusterStatus): ReadonlyMap<string, Said> {
  const holders = new Set(status.vips.flatMap((vip) => vip.holders.map((h) => h.node)))
  const rank = ({ node }: Said): number => (node.stale ? 0 : holders.has(node.node) ? 2 : 1)
  const best = new Map<string, Said>()
  for (const one of saidOf(status)) {
    const key = `${one.server.pool}/${one.server.server}`
    const old = best.get(key)
    const better = old === undefined ? 1 : rank(one) - rank(old) || worse(old.tone, one.tone)
    if (better > 0) best.set(key, one)
  }
  return best
}
