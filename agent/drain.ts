// A drained node: it gives its vips up by keepalived's own means as long as a peer can hold them, and not a moment longer.
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import type { OrderSaid } from '../spec/order.ts'
import type { Summary } from '../spec/report.ts'
import { textOf } from './failure.ts'
import { drainOf, type KeptOrder, type OrderBook } from './order-book.ts'
import type { Status } from './status.ts'
import type { Clock } from './world.ts'

export const DRAIN_LOOK_MS = 300
/** A peer that has just got an order of its own says so by the second look: of two that are drained at once one stays. */
const ABLE_LOOKS_MIN = 2
/** So long nobody may be known to hold or to be able: adverts, a lost answer, the start of an agent. */
const ALONE_MS_MAX = 1_500
const CALM_MS_MIN = 10_000
const CALM_MS_MAX = 300_000

/** One vip of a drained node. */
export type Drained = {
  /** The health file tells keepalived to let go. */
  readonly given: boolean
  /** Looks in a row that found a peer able. */
  readonly looks: number
  /** Monotonic: when a peer was last known to hold it, or to be about to. */
  readonly heldMs: number
  /** It was taken back, as no peer held it: not given up again before this. */
  readonly calmUntilMs: number
  readonly calmMs: number
}
const NOT_YET: Drained = {
  given: false,
  looks: 0,
  heldMs: 0,
  calmUntilMs: Number.NEGATIVE_INFINITY,
  calmMs: CALM_MS_MIN,
}

export type DrainLook = {
  readonly node: string
  readonly answers: ReadonlyMap<string, Summary>
  /** Given up whether or not a peer can hold it. */
  readonly force: boolean
  /** This node holds it now. */
  readonly holds: boolean
  readonly nowMs: number
}

const isFit = (vip: ClusterVip, said: Summary): boolean => said.unfit?.includes(vip.name) !== true
const holdsIt = (vip: ClusterVip, said: Summary): boolean =>
  vip.nets.some((net) => said.holds.includes(`${vip.name}/${net.address}`))
const isDrained = (said: Summary): boolean =>
  said.orders?.some(({ kind, about }) => kind === 'drain' && about === said.node) === true

/** In order, fit to hold it, and not about to be drained before this node: the name decides between two. */
function able(vip: ClusterVip, { node, answers }: DrainLook): boolean {
  return vip.peers.some((peer) => {
    const said = peer.node === node ? undefined : answers.get(peer.node)
    if (said === undefined || !isFit(vip, said)) return false
    if (isDrained(said) && said.node < node) return false
    return said.condition === 'Ready' || said.condition === 'Paused'
  })
}

const heldByPeer = (vip: ClusterVip, { node, answers }: DrainLook): boolean =>
  vip.peers.some((peer) => {
    const said = peer.node === node ? undefined : answers.get(peer.node)
    return said !== undefined && isFit(vip, said) && holdsIt(vip, said)
  })

/** One look at one vip. Pure. What is given up is taken back when no peer is known to hold it: an order never leads to none. */
export function drainTurn(vip: ClusterVip, was: Drained | undefined, look: DrainLook): Drained {
  const before = was ?? NOT_YET
  const { nowMs, force } = look
  const looks = able(vip, look) ? before.looks + 1 : 0
  if (!before.given) {
    const ready = looks >= ABLE_LOOKS_MIN && nowMs >= before.calmUntilMs
    return { ...before, looks, given: force || ready, heldMs: nowMs }
  }
  // While it still holds it, letting go is under way.
  const held = heldByPeer(vip, look) || (look.holds && looks > 0)
  if (force || held) return { ...before, looks, heldMs: nowMs }
  if (nowMs - before.heldMs <= Math.max(ALONE_MS_MAX, 2 * vip.takeoverMs))
    return { ...before, looks }
  const calmMs = Math.min(2 * before.calmMs, CALM_MS_MAX)
  return { given: false, looks: 0, heldMs: nowMs, calmUntilMs: nowMs + before.calmMs, calmMs }
}

export type DrainDeps = {
  readonly node: string
  readonly clock: Clock
  readonly status: Pick<Status, 'summary' | 'event' | 'unfit'>
  readonly cluster: () => Cluster | undefined
  readonly orders: () => OrderBook
  /** An order of the hub may say force where the hub decides what runs anyway. */
  readonly hubMayForce: boolean
  readonly ask: (
    cluster: Cluster,
    nodes: readonly string[],
  ) => Promise<ReadonlyMap<string, Summary>>
  /** Vips of this node while it is drained: read by what writes the health files. */
  readonly drains: Map<string, Drained>
  /** What became of it is to be told now. */
  readonly tell: () => void
}

const myVips = (cluster: Cluster | undefined, node: string): readonly ClusterVip[] =>
  (cluster?.vips ?? []).filter((vip) => vip.peers.some((peer) => peer.node === node))

/** Signed nodes take no force from a hub that may be stolen. */
const forces = (order: KeptOrder, hubMayForce: boolean): boolean =>
  order.force === true && (order.here || hubMayForce)

/** One look at all vips of this node. */
export async function drainLook(deps: DrainDeps): Promise<void> {
  const { node, clock, status, drains } = deps
  const order = drainOf(deps.orders(), node)
  // Peers must be able to see the order before they are asked.
  const told = status.summary().orders?.some(({ id }) => id === order?.id) === true
  const cluster = deps.cluster()
  if (order === undefined || cluster === undefined) {
    if (drains.size > 0) {
      drains.clear()
      status.unfit('drain', [])
    }
    return
  }
  if (!told) return deps.tell()
  const vips = myVips(cluster, node)
  for (const name of drains.keys()) if (!vips.some((vip) => vip.name === name)) drains.delete(name)
  const peers = new Set(vips.flatMap((vip) => vip.peers.map((peer) => peer.node)))
  peers.delete(node)
  const answers = await deps.ask(cluster, [...peers])
  const mine = status.summary()
  for (const vip of vips) {
    const force = forces(order, deps.hubMayForce)
    const look = { node, answers, force, holds: holdsIt(vip, mine), nowMs: clock.monotonic() }
    const was = drains.get(vip.name)
    const now = drainTurn(vip, was, look)
    drains.set(vip.name, now)
    if (now.given && was?.given !== true)
      status.event('agent', `vip ${vip.name}: given up, the node is drained`)
    if (!now.given && was?.given === true)
      status.event('agent', `vip ${vip.name}: taken back, no peer is known to hold it`)
  }
  status.unfit(
    'drain',
    [...drains].filter(([, { given }]) => given).map(([name]) => name),
  )
  deps.tell()
}

/** Until the signal; a look that fails is said, and the next one comes. */
export async function watchDrain(deps: DrainDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await drainLook(deps)
    } catch (thrown) {
      deps.status.event('agent', `cannot look after the drain: ${textOf(thrown)}`)
    }
    await deps.clock.sleep(DRAIN_LOOK_MS, signal).catch(() => undefined)
  }
}

/** What the health file of a vip follows: undefined right after a start, while nothing is known yet. */
export function keepsVip(
  { orders, drains, node }: Pick<DrainDeps, 'orders' | 'drains' | 'node'>,
  vip: string,
): boolean | undefined {
  if (drainOf(orders(), node) === undefined) return true
  const drained = drains.get(vip)
  return drained === undefined ? undefined : !drained.given
}

/** In words of the order, from what is given up and what the kernel holds. */
export function drainWord(
  drains: ReadonlyMap<string, Drained>,
  holds: readonly string[],
  sessions: number,
): Pick<OrderSaid, 'is' | 'why'> {
  const kept = [...drains].filter(([, { given }]) => !given).map(([name]) => name)
  if (drains.size === 0) return { is: 'waits', why: 'peers are asked' }
  if (kept.length > 0)
    return { is: 'waits', why: `no peer is known to be ready to hold ${kept.join(', ')}` }
  if (holds.length > 0) return { is: 'waits', why: `still holds ${holds.join(', ')}` }
  const left =
    sessions === 1 ? '1 session to a server is left' : `${sessions} sessions to servers are left`
  return { is: 'done', why: sessions === 0 ? '' : left }
}
