// Verification from outside, in the pass that changes something: others ask before it and after it, and a change that shut them out is undone.
import type { Cluster, ClusterVip } from '../../spec/cluster.ts'
import { VERIFY_ASKERS_MAX, VERIFY_PROBES_MAX } from '../../spec/limits.ts'
import type { Summary } from '../../spec/report.ts'
import { type Answers, type Asked, type Probe, probesOf } from '../../spec/verify.ts'
import type { Baseline } from '../memory.ts'
import type { Agent } from '../pass.ts'
import type { Failed } from '../quarantine.ts'
import { holdsOf } from '../status.ts'
import { provenCluster } from '../target.ts'
import { type Judged, judge, type Witness } from './judge.ts'

/** One asker's answers, once. */
export type Said = { readonly name: string; readonly path: boolean; readonly answers: Answers }
export type AskHubToLook = (
  keys: readonly string[],
  timeoutMs: number,
) => Promise<Asked['answers'] | undefined>
export type Outside = {
  /** Peers and hub, as the spec says; bounded in time, never throws, who does not answer is missing. */
  ask(cluster: Cluster, keys: readonly string[]): Promise<readonly Said[]>
  /** Looks at listeners of another node, at its request; undefined: this node has nothing to ask there. */
  answer(from: string, keys: readonly string[]): Promise<Asked | undefined>
  /** There is a line to a hub by now. */
  useHub(ask: AskHubToLook): void
  /** The own words of these nodes, peers or not; who does not answer is missing. */
  hear(cluster: Cluster, nodes: readonly string[]): Promise<ReadonlyMap<string, Summary>>
  /** What this node itself, asked by that one, saw of its listeners within this time, default as long as it remembers. */
  saw(of: string, withinMs?: number): 'worse' | 'well' | undefined
}

const PAUSE_MS = 200
/** A vip that nobody holds may still be on its way; longer than this a trial may not take (agent/plan/turn.ts). */
const NOBODY_MS_MAX = 3_600
const ELECTION_EXTRA_MS = 1_000

/** Through the vips that it holds; at its own address where it holds none. */
function probesAt(cluster: Cluster, node: string, held: ReadonlySet<string>): readonly Probe[] {
  return probesOf(cluster)
    .filter((one) => (held.has(one.vip) ? one.node === undefined : one.node === node))
    .slice(0, VERIFY_PROBES_MAX)
}

const vipNames = (holds: readonly string[]): ReadonlySet<string> =>
  new Set(holds.map((hold) => hold.split('/')[0] ?? ''))

/** Before the first step: what answers now. A spec that is already proved here is not on trial. */
export async function askBefore(agent: Agent, cluster: Cluster): Promise<void> {
  const { node, outside, status, memory } = agent
  const before = provenCluster(agent)
  if (outside === undefined || cluster.rollout.verify.by.length === 0) return
  if (before === undefined || memory.meta().runningDigest === cluster.digest) return
  if (before.digest === cluster.digest) return
  // Killed in the middle of this very change: what answers now may be its work.
  if (memory.meta().baseline?.digest === cluster.digest) return
  const held = [...vipNames(status.summary().holds)]
  const probes = probesAt(cluster, node, new Set(held))
  if (probes.length === 0) return
  const said = await outside.ask(
    cluster,
    probes.map(({ key }) => key),
  )
  await memory.update({
    baseline: {
      digest: cluster.digest,
      held,
      said: said.slice(0, VERIFY_ASKERS_MAX).map(({ name, answers }) => ({
        name,
        answers: Object.fromEntries(answers),
      })),
    },
  })
}

/**
 * After the proof on this node. Undefined: nothing speaks against the spec; what was found, or that nobody could ask, stands in
 * the memory and is told with every summary.
 */
export async function verifyOutside(agent: Agent, cluster: Cluster): Promise<Failed | undefined> {
  const { memory, status, world } = agent
  const { runningDigest, wantedDigest, baseline } = memory.meta()
  if (runningDigest === cluster.digest || wantedDigest !== cluster.digest) return undefined
  if (baseline?.digest !== cluster.digest) {
    await memory.update({ outside: undefined })
    return undefined
  }
  const judged = await judgeAfter(agent, cluster, baseline)
  const { verdict, by, why } = judged
  const outside = { digest: cluster.digest, verdict, by: [...by], at: world.clock.now(), why }
  await memory.update({ outside: { ...outside, why: why.slice(0, 600) }, baseline: undefined })
  const names = by.join(' and ')
  if (verdict === 'ok') status.event('applied', `verified from outside by ${names}: ${why}`)
  if (verdict === 'unknown') status.event('agent', `not verified from outside: ${why}`)
  if (verdict !== 'failed') return undefined
  const reason = `proved here, but not from outside: ${why} (asked by ${names})`
  return { digest: cluster.digest, next: 'wait', reason, undone: false }
}

/** Asks until it is well, or so often and so long without success that it is not. */
async function judgeAfter(agent: Agent, cluster: Cluster, baseline: Baseline): Promise<Judged> {
  const { node, outside, world, signal } = agent
  const { tries, answers } = cluster.rollout.verify
  const held = new Set(baseline.held)
  const probes = probesAt(cluster, node, held)
  if (outside === undefined || baseline.said.length === 0) return judge([], probes, answers)
  const startMs = world.clock.monotonic()
  const patience = patienceMs(cluster.vips.filter(({ name }) => held.has(name)))
  for (let count = 1; ; count++) {
    const said = await outside.ask(
      cluster,
      probes.map(({ key }) => key),
    )
    const judged = judge(witnesses(baseline.said, said), probes, answers)
    if (judged.verdict !== 'failed') return judged
    const gone = await goneVips(agent, cluster, judged.vips, held)
    const waitedMs = world.clock.monotonic() - startMs
    const over =
      count >= tries && (gone.length === 0 || waitedMs >= Math.min(patience, NOBODY_MS_MAX))
    if (over) return await moved(agent, cluster, judged, gone, patience)
    await world.clock.sleep(PAUSE_MS, signal)
  }
}

function witnesses(before: Baseline['said'], after: readonly Said[]): readonly Witness[] {
  return after.flatMap(({ name, path, answers }) => {
    const was = before.find((one) => one.name === name)
    if (was === undefined) return []
    return [{ name, path, before: new Map(Object.entries(was.answers)), after: answers }]
  })
}

/** A backup has taken over after takeoverMs. */
const patienceMs = (vips: readonly ClusterVip[]): number =>
  Math.max(0, ...vips.map(({ takeoverMs }) => takeoverMs)) + ELECTION_EXTRA_MS

/** Of these vips, those that this node held before and its kernel does not have any more. */
async function goneVips(
  { world, status }: Agent,
  cluster: Cluster,
  vips: ReadonlySet<string>,
  held: ReadonlySet<string>,
): Promise<readonly string[]> {
  const holds = holdsOf(cluster, await world.host.addresses())
  status.holds(holds)
  const now = vipNames(holds)
  return [...vips].filter((name) => held.has(name) && !now.has(name))
}

/** Silence of a vip that a peer holds by now is not this node's; that of a slow election is nobody's yet. */
async function moved(
  agent: Agent,
  cluster: Cluster,
  judged: Judged,
  gone: readonly string[],
  patience: number,
): Promise<Judged> {
  if (gone.length < judged.vips.size || gone.length === 0) return judged
  const peers = await agent.peers.refresh(cluster, agent.node, agent.status.summary().applying)
  const elsewhere = gone.filter((vip) =>
    [...peers.values()].some(({ holds }) => holds.some((hold) => hold.startsWith(`${vip}/`))),
  )
  const unsure = { verdict: 'unknown', by: [], vips: new Set<string>() } as const
  if (elsewhere.length === gone.length)
    return { ...unsure, why: `vip ${elsewhere.join(', ')} has moved meanwhile` }
  if (patience > NOBODY_MS_MAX) return { ...unsure, why: `nobody holds vip ${gone.join(', ')} yet` }
  return { ...judged, why: `${judged.why}; nobody holds vip ${gone.join(', ')}` }
}
