// Who gives way when two nodes hold a vip: the lower priority, while the other is proved to serve. Pure: times come in.
import type { ClusterVip } from '../spec/cluster.ts'
import type { Summary } from '../spec/report.ts'

/** So long must the winner answer on the vip's own network before the loser hears adverts again; doubled each time. */
const CALM_MS_MIN = 1_500
const CALM_MS_MAX = 60_000
/** After this long without giving way the next cut starts with CALM_MS_MIN again. */
const FORGET_MS = 600_000

export type Yielding = {
  /** The peer that keeps it; '' while this node gives nothing up. */
  readonly to: string
  /** Monotonic milliseconds since which the winner answers on the vip's own network. */
  readonly calmSince?: number
  readonly calmMs: number
  readonly endedMs: number
}
export type Seen = {
  readonly node: string
  readonly answers: ReadonlyMap<string, Summary>
  /** Who answered on its address in the vip's own network. */
  readonly near: ReadonlySet<string>
  /** Peers that are known to hold it as well, for long enough to be no move. */
  readonly others: readonly string[]
  readonly nowMs: number
}
export type Verdict = { readonly next: Yielding; readonly say?: string }

const NOT_YET: Yielding = { to: '', calmMs: CALM_MS_MIN, endedMs: Number.NEGATIVE_INFINITY }

/** Holds it by its own kernel's word, just now, and is in order: its proxy answers, or it would have let go. */
function serves(vip: ClusterVip, { answers }: Seen, name: string): boolean {
  const said = answers.get(name)
  return (
    said?.condition === 'Ready' &&
    vip.nets.every((net) => said.holds.includes(`${vip.name}/${net.address}`))
  )
}

function winnerOf(vip: ClusterVip, seen: Seen): string | undefined {
  const mine = vip.peers.find((peer) => peer.node === seen.node)?.priority ?? 0
  return vip.peers.find(
    (peer) =>
      peer.priority > mine && seen.others.includes(peer.node) && serves(vip, seen, peer.node),
  )?.node
}

/** One look. What is given up is taken back at once when the winner no longer serves: a vip with two holders beats none. */
export function yieldTurn(vip: ClusterVip, was: Yielding | undefined, seen: Seen): Verdict {
  const { nowMs, near } = seen
  const before = was ?? NOT_YET
  const named = `vip ${vip.name}`
  if (before.to === '') {
    const winner = vip.onSplit === 'yield' ? winnerOf(vip, seen) : undefined
    if (winner === undefined) return { next: before }
    const calmMs = nowMs - before.endedMs > FORGET_MS ? CALM_MS_MIN : before.calmMs
    const say = `${named}: gives way to ${winner}, which has the higher priority and serves it`
    return { next: { to: winner, calmMs, endedMs: before.endedMs }, say }
  }
  const over = { ...NOT_YET, calmMs: before.calmMs, endedMs: nowMs }
  if (vip.onSplit !== 'yield' || !serves(vip, seen, before.to))
    return {
      next: over,
      say: `${named}: no longer gives way, ${before.to} does not say that it serves it`,
    }
  if (!near.has(before.to))
    return { next: { to: before.to, calmMs: before.calmMs, endedMs: before.endedMs } }
  const calmSince = before.calmSince ?? nowMs
  if (nowMs - calmSince < before.calmMs) return { next: { ...before, calmSince } }
  const calmMs = Math.min(2 * before.calmMs, CALM_MS_MAX)
  return {
    next: { ...over, calmMs },
    say: `${named}: no longer gives way, ${before.to} answers on the vip's own network again`,
  }
}
