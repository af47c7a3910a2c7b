// Two masters, seen by the nodes themselves: a holder asks its peers over every link whether they hold the vip too.
import { CLOSE_HOLD_MS, SPLIT_HOLD_MS } from '../spec/faults.ts'
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import type { Finding, Summary } from '../spec/report.ts'
import { error } from './doctor/finding.ts'
import { textOf } from './failure.ts'
import type { FenceConfig } from './config-fence.ts'
import { type Fencing, type FencingDeps, openFencing } from './fencing.ts'
import type { Status } from './status.ts'
import type { Clock } from './world.ts'
import { type Yielding, yieldTurn } from './yield.ts'

/** How often a holder asks; who holds nothing asks nobody. */
export const LOOK_MS = 500

export type SplitDeps = {
  readonly node: string
  readonly clock: Clock
  readonly status: Pick<Status, 'summary' | 'details' | 'event'>
  readonly cluster: () => Cluster | undefined
  /** Asks these nodes over all their addresses, bounded in time; who does not answer is missing. */
  readonly ask: (
    cluster: Cluster,
    nodes: readonly string[],
  ) => Promise<ReadonlyMap<string, Summary>>
  /** The same over the address in the vip's own network alone. */
  readonly askNear: (vip: ClusterVip, node: string) => Promise<boolean>
  /** Vips that this node gives up now: read by what writes their health files. */
  readonly yields: Map<string, Yielding>
  /** Ends the other one where spec and operator say so. */
  readonly fencing?: Fencing | undefined
}
type Answers = ReadonlyMap<string, Summary>
type Open = {
  readonly sinceMs: number
  /** Peers that hold it too, by name. */
  readonly others: readonly string[]
  readonly told: boolean
  /** Since when it is seen to be over. */
  readonly overMs?: number
}
/** By vip. */
export type Splits = ReadonlyMap<string, Open>
export type Look = { readonly splits: Splits; readonly says: readonly string[] }

const holdsAny = (vip: ClusterVip, summary: Summary | undefined): readonly string[] =>
  vip.nets
    .map((net) => net.address)
    .filter((address) => summary?.holds.includes(`${vip.name}/${address}`) === true)

const named = (vip: ClusterVip): string =>
  `vip ${vip.name} (${vip.nets.map((net) => net.address).join(', ')})`

/** Pure: what was open, and what this node and those who answered say now. A vip that left the spec is forgotten. */
export function lookForSplits(
  was: Splits,
  vips: readonly ClusterVip[],
  mine: Summary,
  answers: Answers,
  nowMs: number,
  fenced: ReadonlySet<string> = new Set(),
): Look {
  const splits = new Map<string, Open>()
  const says: string[] = []
  for (const vip of vips) {
    const next = judge(was.get(vip.name), vip, mine, answers, { nowMs, fenced })
    if (next.open !== undefined) splits.set(vip.name, next.open)
    if (next.say !== undefined) says.push(next.say)
  }
  return { splits, says }
}

function judge(
  open: Open | undefined,
  vip: ClusterVip,
  mine: Summary,
  answers: Answers,
  { nowMs, fenced }: { readonly nowMs: number; readonly fenced: ReadonlySet<string> },
): { readonly open?: Open; readonly say?: string } {
  const held = holdsAny(vip, mine)
  const others = [...answers]
    .filter(([, said]) => holdsAny(vip, said).some((address) => held.includes(address)))
    .map(([name]) => name)
    .sort()
  if (others.length > 0) {
    const { sinceMs = nowMs, told = false } = open ?? {}
    // A planned move overlaps for a moment.
    if (told || nowMs - sinceMs < SPLIT_HOLD_MS) return { open: { sinceMs, others, told } }
    const say = `split brain: ${named(vip)} is held here and by ${others.join(' and ')}`
    return { open: { sinceMs, others, told: true }, say }
  }
  if (open?.told !== true) return {}
  // Silence does not say that the other gave it up, unless somebody saw to it.
  if (held.length > 0 && open.others.some((name) => !answers.has(name) && !fenced.has(name)))
    return { open: { sinceMs: open.sinceMs, others: open.others, told: true } }
  const overMs = open.overMs ?? nowMs
  if (nowMs - overMs < CLOSE_HOLD_MS['split-brain']) return { open: { ...open, overMs } }
  const holders = [...answers].filter(([, said]) => holdsAny(vip, said).length > 0)
  const names = held.length > 0 ? ['this node'] : holders.map(([name]) => name)
  const now = names.length === 0 ? 'no longer held here' : `held by ${names.join(' and ')} alone`
  const seconds = Math.round((overMs - open.sinceMs) / 1_000)
  return { say: `split brain over: ${named(vip)} is ${now}, after ${seconds} s` }
}

const findingOf = (vip: ClusterVip, others: readonly string[]): Finding =>
  error('split-brain', {
    what: `${named(vip)} is held here and by ${others.join(' and ')}`,
    why: 'clients reach one or the other by chance',
    hint: `the nodes do not hear each other by VRRP: look at the link, switch and firewall between them; hactl doctor here and on ${others.join(', ')}`,
  })

const toldOf = (splits: Splits, vips: readonly ClusterVip[]): readonly Finding[] =>
  vips.flatMap((vip) => {
    const open = splits.get(vip.name)
    return open?.told === true ? [findingOf(vip, open.others)] : []
  })

const myVips = (cluster: Cluster | undefined, node: string): readonly ClusterVip[] =>
  (cluster?.vips ?? []).filter((vip) => vip.peers.some((peer) => peer.node === node))

/** Open splits, and what was done about them. */
function alarmsOf({ node, cluster, fencing }: SplitDeps, splits: Splits): readonly Finding[] {
  return [...toldOf(splits, myVips(cluster(), node)), ...(fencing?.findings() ?? [])]
}

/** One look; the splits to hand to the next. */
export async function splitTurn(deps: SplitDeps, was: Splits): Promise<Splits> {
  const { node, clock, status } = deps
  const cluster = deps.cluster()
  const vips = myVips(cluster, node)
  if (cluster === undefined) return was
  const { yields } = deps
  const nothing = was.size === 0 && alarmsOf(deps, was).length === 0
  const idle = status.summary().holds.length === 0 && nothing
  const given = vips.some((vip) => (yields.get(vip.name)?.to ?? '') !== '')
  if (idle && !given) return was
  const peers = new Set(vips.flatMap((vip) => vip.peers.map((peer) => peer.node)))
  peers.delete(node)
  const answers = await deps.ask(cluster, [...peers])
  const { fencing } = deps
  const before = alarmsOf(deps, was)
  const { splits, says } = lookForSplits(
    was,
    vips,
    status.summary(),
    answers,
    clock.monotonic(),
    fencing?.fenced(),
  )
  for (const say of says) status.event('agent', say)
  for (const vip of vips) await giveWay(deps, vip, splits, answers)
  const others = [...splits].filter(([, open]) => open.told)
  await fencing?.turn(cluster, new Map(others.map(([vip, open]) => [vip, open.others])), answers)
  const now = alarmsOf(deps, splits)
  if (JSON.stringify(now) !== JSON.stringify(before)) status.details({ alarms: now })
  return splits
}

async function giveWay(
  { node, clock, status, yields, askNear }: SplitDeps,
  vip: ClusterVip,
  splits: Splits,
  answers: Answers,
): Promise<void> {
  const was = yields.get(vip.name)
  const open = splits.get(vip.name)
  const others = open?.told === true ? open.others : []
  const to = was?.to ?? ''
  if (others.length === 0 && to === '') return
  const near = new Set(to !== '' && (await askNear(vip, to)) ? [to] : [])
  const seen = { node, answers, near, others, nowMs: clock.monotonic() }
  const { next, say } = yieldTurn(vip, was, seen)
  yields.set(vip.name, next)
  if (say !== undefined) status.event('agent', say)
}

type Armed = {
  readonly fence: FenceConfig | undefined
  readonly memory: { readonly directory: string }
  readonly host: FencingDeps['host']
}

/** Until the signal; a look that fails is said, and the next one comes. */
export async function watchSplits(unarmed: SplitDeps & Armed, signal: AbortSignal): Promise<void> {
  const { fence: config, memory } = unarmed
  const fencing = await openFencing({ ...unarmed, config, directory: memory.directory })
  const deps = { ...unarmed, fencing }
  let splits: Splits = new Map()
  // Of the agent before this one.
  deps.status.details({ alarms: alarmsOf(deps, splits) })
  while (!signal.aborted) {
    try {
      splits = await splitTurn(deps, splits)
    } catch (thrown) {
      deps.status.event('agent', `cannot look for a second holder: ${textOf(thrown)}`)
    }
    await deps.clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}
