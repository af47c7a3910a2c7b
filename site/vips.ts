// Who holds a vip, worked out from claims and their ages. Pure: times are monotonic milliseconds passed in.
import type { Cluster } from '../spec/cluster.ts'
import { HEARTBEAT_MS, STALE_MS } from '../spec/limits.ts'
import type { VipStatus } from '../spec/status.ts'

/** Two nodes whose words crossed on the wire are no split brain: a claim or its absence counts when said again this much later. */
export const CONFIRM_MS = HEARTBEAT_MS / 2
/** After a start of the hub, or a new vip, nobody is accused before everybody had three heartbeats to speak. */
export const GRACE_MS = 3 * HEARTBEAT_MS

/** What one node last said of one address. */
export type Claim = { readonly since: number; lastAt: number }
export type Heard = {
  readonly node: string
  /** Last heartbeat received; undefined: none yet. */
  readonly heardAt: number | undefined
  /** By "vip/address". */
  readonly claims: ReadonlyMap<string, Claim>
}
type Vip = Cluster['vips'][number]
type Ages = VipStatus['holders']

const fresh = (at: number | undefined, now: number): boolean =>
  at !== undefined && now - at <= STALE_MS

/** Claims of fresh nodes on one address, without those that a newer claim has overtaken and that were not said again. */
function holdersOf(key: string, all: readonly Heard[], now: number): readonly Heard[] {
  const claimed = all.filter((h) => h.claims.has(key) && fresh(h.heardAt, now))
  const newest = Math.max(...claimed.map((h) => h.claims.get(key)?.since ?? 0))
  return claimed.filter((h) => {
    const claim = h.claims.get(key)
    return claim !== undefined && (claim.since === newest || claim.lastAt >= newest + CONFIRM_MS)
  })
}

function stateOf(
  counts: readonly number[],
  peersHeard: boolean,
): 'held' | 'none' | 'split' | 'unknown' {
  if (counts.some((count) => count > 1)) return 'split'
  if (counts.every((count) => count === 1)) return 'held'
  return peersHeard ? 'none' : 'unknown'
}

const unique = (nodes: readonly Heard[]): readonly Heard[] => [...new Set(nodes)]
const ages = (nodes: readonly Heard[], now: number): Ages =>
  nodes.map((h) => ({ node: h.node, ageMs: Math.max(0, Math.round(now - (h.heardAt ?? now))) }))

/**
 * 'none' is only said when every peer has spoken after `quietSince` (the last release, or the end of the grace) and is
 * fresh: a peer that is silent may hold it, so that is 'unknown'.
 */
export function vipStatus(
  vip: Vip,
  all: readonly Heard[],
  quietSince: number,
  now: number,
): VipStatus {
  const keys = vip.nets.map((net) => `${vip.name}/${net.address}`)
  const perAddress = keys.map((key) => holdersOf(key, all, now))
  const peersHeard = vip.peers.every((peer) => {
    const heard = all.find((h) => h.node === peer.node)
    return (
      heard?.heardAt !== undefined &&
      fresh(heard.heardAt, now) &&
      heard.heardAt >= quietSince + CONFIRM_MS
    )
  })
  const stale = all.filter((h) => !fresh(h.heardAt, now) && keys.some((key) => h.claims.has(key)))
  return {
    vip: vip.name,
    addresses: vip.nets.map((net) => net.address),
    state: stateOf(
      perAddress.map((holders) => holders.length),
      peersHeard,
    ),
    holders: ages(unique(perAddress.flat()), now),
    lastKnown: ages(stale, now),
  }
}
