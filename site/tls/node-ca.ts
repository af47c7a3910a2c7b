// Gives nodes their certificates, and tells each which of its peers have one and which are no longer good.
import type { Cluster } from '../../spec/cluster.ts'
import type { PeersWord } from '../../spec/peers.ts'
import type { Clock } from '../deps.ts'
import type { Authority } from './authority.ts'
import { type IssuedBook, LIVE_PER_NODE_MAX } from './issued.ts'

/** A node asks twice a minute. One that speaks to this hub and has not asked for so long runs an agent that knows no certificates. */
export const SILENT_MS = 90_000

export type NodeCa = {
  readonly certificate: string
  /** undefined: it has too many. @throws for a request that is not good. */
  certify(node: string, request: string): Promise<string | undefined>
  /** `speaks`: whether that node's agent is connected now. */
  word(of: {
    readonly node: string
    readonly serial: string
    readonly cluster: Cluster | undefined
    readonly speaks: (node: string) => boolean
  }): PeersWord
  revokeNode(node: string): void
}

/** Those that share a vip with it. */
const peersOf = (cluster: Cluster | undefined, node: string): readonly string[] => {
  const shared = (cluster?.vips ?? []).filter((vip) => vip.peers.some((p) => p.node === node))
  return [...new Set(shared.flatMap((vip) => vip.peers.map((p) => p.node)))].filter(
    (name) => name !== node,
  )
}

export function createNodeCa(
  authority: Authority,
  issued: IssuedBook,
  clock: Pick<Clock, 'monotonic'>,
): NodeCa {
  const startedMs = clock.monotonic()
  const askedMs = new Map<string, number>()
  /** By a good certificate, or not known otherwise: after a start of the hub all are taken to be as they were. */
  const shows = (node: string, speaks: (node: string) => boolean): boolean => {
    if (issued.live(node).length === 0) return false
    const silentMs = clock.monotonic() - (askedMs.get(node) ?? startedMs)
    return silentMs <= SILENT_MS || !speaks(node)
  }
  return {
    certificate: authority.certificate,
    async certify(node, request) {
      if (issued.live(node).length >= LIVE_PER_NODE_MAX) return undefined
      const made = await authority.forNode(node, request)
      issued.add(node, made)
      askedMs.set(node, clock.monotonic())
      return made.cert
    },
    word({ node, serial, cluster, speaks }) {
      const known = issued.live(node).includes(serial)
      if (known) askedMs.set(node, clock.monotonic())
      const peers = peersOf(cluster, node)
      return {
        known,
        certified: peers.filter((peer) => shows(peer, speaks)),
        revoked: [...issued.revoked(peers)],
      }
    },
    revokeNode: issued.revokeNode,
  }
}
