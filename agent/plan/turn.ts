// Rolling order within a vip: backups first, the holder last, one at a time, the next only when the one
// before proved the new spec. A bad but valid spec reaches one backup, not the cluster. Pure.
import type { Cluster } from '../../spec/cluster.ts'
import type { Summary } from '../../spec/report.ts'
import { IMPACTS, type Observed, type Plan } from './types.ts'

export type Turn =
  | { readonly go: true }
  /** `stalled`: waiting longer cannot help, only a new spec. `claims`: waits for the others to let go. */
  | {
      readonly go: false
      readonly why: string
      readonly stalled: boolean
      readonly claims?: boolean
    }

export type Silent = {
  /** Its last answer while this node waited. */
  readonly said: Summary | undefined
  /** Since either one asked the other. */
  readonly agoMs: number
  /** Digest that it announced then, '' when none. */
  readonly applying: string
}

export type TurnInput = {
  readonly plan: Plan
  readonly cluster: Cluster
  readonly observed: Observed
  /** Answers of the peers just now; a missing key means unreachable. */
  readonly peers: ReadonlyMap<string, Summary>
  /** Peers that were in contact and do not answer now. */
  readonly silent: ReadonlyMap<string, Silent>
  /** How long this node has waited for this digest already. */
  readonly waitedMs: number
  /** Digest of what this node proved last, '' before the first. */
  readonly proven: string
}

type Vip = Cluster['vips'][number]
const GO: Turn = { go: true }
const RELOAD = IMPACTS.indexOf('reload')
/** A peer that answers but has not heard of the new spec gets this many times the wait of a dead one. */
const SLOW_PEER_FACTOR = 3
/** Longer than a failing trial: it is looked at for 5 s, put back, and looked at for 5 s again. */
export const TRIAL_MS = 15_000
/** Whoever claims for longer than any trial (two daemons, each check 20 s) no longer keeps others waiting. */
const CLAIM_MS_MAX = 120_000

/** Vips that a failure of this plan may hurt. What was proved here is gone back to without asking anybody. */
export function vipsAtRisk({
  plan,
  observed,
  proven,
}: Pick<TurnInput, 'plan' | 'observed' | 'proven'>): ReadonlySet<string> {
  if (plan.digest === proven) return new Set()
  const risky = plan.steps.filter(
    (s) =>
      IMPACTS.indexOf(s.impact) >= RELOAD &&
      // What never ran here serves nobody. What is only down now comes up with what was proved.
      (proven !== '' || observed.daemons.get(s.id.replace(/^daemon:/, ''))?.running === true),
  )
  return new Set(risky.flatMap((s) => s.vips))
}

export function myTurn(input: TurnInput): Turn {
  const { plan, cluster, observed, peers, silent } = input
  const vips = vipsAtRisk(input)
  for (const vip of cluster.vips.filter((v) => vips.has(v.name))) {
    const order = rollingOrder(vip, cluster, plan.node, observed, peers)
    const others = order.filter((n) => n !== plan.node)
    const word = (n: string): Summary | undefined => peers.get(n) ?? silent.get(n)?.said
    // Also one that comes later in the order: it may have gone first while nobody could be asked.
    const broken = others.find((n) => word(n)?.failed === plan.digest)
    if (broken !== undefined) return refusedBy(broken, word(broken))
    const proved = others.some((n) => word(n)?.running === plan.digest)
    for (const node of others) {
      const peer = peers.get(node)
      const before = order.indexOf(node) < order.indexOf(plan.node)
      const turn = peer === undefined ? alone(input, vip, node, proved) : after(input, node, peer)
      if (!turn.go && (before || peer === undefined)) return turn
    }
  }
  return GO
}

/**
 * First peer, by name, that is trying a spec now or announces it, on a vip that this plan may hurt. Any
 * spec: two different ones that both die leave nobody either.
 */
export function claimant(input: TurnInput): string | undefined {
  if (input.waitedMs >= CLAIM_MS_MAX) return undefined
  const vips = vipsAtRisk(input)
  return input.cluster.vips
    .filter((v) => vips.has(v.name))
    .flatMap((v) => v.peers.map((p) => p.node))
    .filter((n) => n !== input.plan.node && (input.peers.get(n)?.applying ?? '') !== '')
    .toSorted()[0]
}

/**
 * Whoever holds least first, lowest priority first; the name decides ties, so that all see one order. Vips that share
 * peers have one order together: two vips that back each other up, each waiting for the holder of the
 * other to go first, would wait for ever.
 */
export function rollingOrder(
  vip: Vip,
  cluster: Cluster,
  self: string,
  observed: Observed,
  peers: ReadonlyMap<string, Summary>,
): string[] {
  const { vips, nodes } = groupOf(vip, cluster)
  const holds = (node: string, one: Vip) =>
    node === self
      ? holdsVip(one, observed)
      : (peers.get(node)?.holds.some((h) => h.startsWith(`${one.name}/`)) ?? false)
  const held = (node: string) => vips.filter((one) => holds(node, one)).length
  const mine = new Set(vip.peers.map((p) => p.node))
  return nodes.filter((node) => mine.has(node)).toSorted((a, b) => held(a) - held(b))
}

const holdsVip = (vip: Vip, observed: Observed): boolean =>
  vip.nets.some((n) => observed.addresses.some((a) => a.address === n.address))

type Group = { readonly vips: readonly Vip[]; readonly nodes: readonly string[] }

/** The vips that are tied to this one by common peers, and all their peers: sum of priorities, then name. */
function groupOf(vip: Vip, cluster: Cluster): Group {
  const vips = new Set([vip])
  for (const found of vips) {
    const nodes = new Set(found.peers.map((p) => p.node))
    const tied = cluster.vips.filter((v) => v.name !== vip.name)
    for (const other of tied) if (other.peers.some((p) => nodes.has(p.node))) vips.add(other)
  }
  const known = new Set(cluster.nodes.map((n) => n.name))
  const sums = new Map<string, number>()
  for (const { node, priority } of [...vips].flatMap((v) => v.peers)) {
    if (known.has(node)) sums.set(node, (sums.get(node) ?? 0) + priority)
  }
  const nodes = [...sums]
    .sort(([a, one], [b, two]) => one - two || (a < b ? -1 : 1))
    .map(([node]) => node)
  return { vips: [...vips], nodes }
}

const refusedBy = (node: string, peer: Summary | undefined): Turn => ({
  go: false,
  stalled: true,
  why: `${node} could not run this spec: ${peer?.reason ?? ''}`,
})

function after({ plan, cluster, waitedMs }: TurnInput, node: string, peer: Summary): Turn {
  if (peer.running === plan.digest || peer.condition === 'Paused') return GO
  if (waitedMs >= SLOW_PEER_FACTOR * cluster.rollout.peerWaitMs) return GO
  return { go: false, stalled: false, why: `waiting for ${node} to prove this spec first` }
}

/**
 * A peer that does not answer is dead, or it is cut off and may be trying the same spec now: from here
 * both look alike. Never going on would leave a cluster with one dead node that nobody can change;
 * going on at once would let both sides of a cut try a bad spec together. So each side goes in a slot of
 * its own, in order: the side that holds nothing first, the holder later by a whole wait and a trial.
 * Slots follow from what a node knows without asking (the spec's priorities, its own kernel), are
 * distinct for any two nodes, whoever holds, and come again for who missed them. Time counts from the
 * last answer, which is the one moment both sides of a cut agree on. What it cannot exclude: a spec that
 * reaches the two sides of a cut more than half of peerWaitMs apart; only somebody who sees both sides
 * (the operator, the hub) can. What any peer has proved is no gamble and waits for no dead one.
 * peerWaitMs 0 means: never wait.
 */
function alone(input: TurnInput, vip: Vip, node: string, proved: boolean): Turn {
  const last = input.silent.get(node)
  // Lost while it was trying: it may still be at it, so the slots begin when that is over.
  const trialMs = (last?.applying ?? '') === '' ? 0 : TRIAL_MS
  const silentMs = Math.min(input.waitedMs, last?.agoMs ?? input.waitedMs) - trialMs
  if (proved || inSlot(input, vip, silentMs)) return GO
  return { go: false, stalled: false, why: `waiting for ${node}, which does not answer` }
}

function inSlot(input: TurnInput, vip: Vip, silentMs: number): boolean {
  const { peerWaitMs } = input.cluster.rollout
  if (peerWaitMs === 0) return true
  const { nodes } = groupOf(vip, input.cluster)
  const roundMs = (2 * nodes.length - 1) * (peerWaitMs + TRIAL_MS)
  const sinceMs = silentMs - loneWaitMs(input, vip)
  // Early in the slot, so that the trial ends before the next one begins.
  return sinceMs >= 0 && sinceMs % roundMs <= peerWaitMs / 2
}

/**
 * When the first slot begins. For two: a lower backup waits once, the usual holder twice and a trial. One slot for all
 * vips that share peers: a node that holds one and backs another up would never be in both slots at once.
 */
export function loneWaitMs({ plan, cluster, observed }: TurnInput, vip: Vip): number {
  const { vips, nodes } = groupOf(vip, cluster)
  const rank = nodes.indexOf(plan.node)
  const holds = vips.some((one) => holdsVip(one, observed))
  const slot = holds ? 2 * (nodes.length - 1) - rank : rank
  const { peerWaitMs } = cluster.rollout
  return peerWaitMs + slot * (peerWaitMs + TRIAL_MS)
}
