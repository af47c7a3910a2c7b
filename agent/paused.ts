// A paused node: it looks, says what it would do, and does none of it. What serves goes on serving.
import type { Cluster } from '../spec/cluster.ts'
import { orderWords } from '../spec/order.ts'
import { applyStep } from './apply.ts'
import type { KeptOrder } from './order-book.ts'
import type { Agent, PassResult, Seen } from './pass.ts'
import { compile } from './plan/index.ts'
import type { Step } from './plan/types.ts'
import { provenCluster } from './target.ts'
import type { Daemon } from './world.ts'

/** Steps are named up to this number; the report holds them all. */
const NAMED_MAX = 5

/** The end of a pass of a paused node. */
export async function rest(
  agent: Agent,
  cluster: Cluster,
  seen: Seen,
  pause: KeptOrder,
): Promise<PassResult> {
  const { memory, status } = agent
  // What peers say is still heard: a confirmation, and who holds what.
  void agent.peers.refresh(cluster, agent.node, status.summary().applying)
  await revive(agent, seen)
  const { steps } = seen.plan
  const meta = memory.meta()
  const drifts = meta.runningDigest === cluster.digest
  status.details({ drift: drifts ? steps.map((s) => `${s.id}: ${s.why}`) : [] })
  const named = steps.slice(0, NAMED_MAX).map(({ id }) => id)
  const more = steps.length > named.length ? ` and ${steps.length - named.length} more` : ''
  const what = drifts ? 'drift is left as it is' : `revision ${meta.wantedRevision} waits`
  const left = steps.length === 0 ? '' : `; ${what}: ${named.join(', ')}${more}`
  status.set({ condition: 'Paused', reason: `paused ${orderWords(pause)}${left}` })
  return { again: false }
}

/**
 * A pause must not become an outage: a daemon that the proved spec has and that does not run is started, with the files as
 * they stand, by hand or not. Nothing is written, and nothing is asked of it but to run.
 */
async function revive(agent: Agent, { facts }: Seen): Promise<void> {
  const { memory, status, world } = agent
  const proven = provenCluster(agent)
  if (proven === undefined) return
  for (const want of compile(proven, facts).wants) {
    if (want.kind !== 'daemon') continue
    const { daemon, files } = want
    if (!files.every(({ path }) => memory.good().has(path))) continue
    if ((await world.host.supervisor.status(daemon)).running) continue
    const outcome = await applyStep(
      { ...agent, facts, daemons: new Map() },
      startOf(daemon, want.vips),
    )
    const said = outcome.ok ? 'started again, with the files as they stand' : outcome.error.message
    status.event('daemon', `${daemon.name} did not run on the paused node: ${said}`)
  }
}

const startOf = (daemon: Daemon, vips: readonly string[]): Step => ({
  id: `daemon:${daemon.name}`,
  why: 'it does not run',
  impact: 'moves',
  says: `${daemon.name} is started; it served nothing before`,
  vips,
  removes: 0,
  prepare: [],
  commit: [{ do: 'start', daemon }],
  undo: [],
  cleanup: [],
  diff: [],
})
