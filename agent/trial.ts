// The right to try: at most one peer of a vip at a time runs a spec that is not proved.
import type { Cluster } from '../spec/cluster.ts'
import type { Agent } from './pass.ts'
import { claimant, myTurn, type Turn, type TurnInput, vipsAtRisk } from './plan/turn.ts'
import type { Observed, Plan } from './plan/types.ts'

type Seen = { readonly plan: Plan; readonly observed: Observed }

/**
 * The order alone does not exclude two at once: it depends on who holds the vip, and that may change
 * between the looks of two nodes. So whoever finds that it is its turn first announces it (`applying` in
 * its summary) and then asks again. Of two that announce, at least one sees the other; the later name
 * takes its announcement back, the earlier keeps it and waits until the other is done. This is Burns'
 * one-bit mutual exclusion (Lamport 1986, "The mutual exclusion problem", part II, 3.2); the bit is
 * durable before anything is touched, so that a killed agent still says it when it is back.
 */
export async function takeTurn(
  agent: Agent,
  cluster: Cluster,
  { plan, observed }: Seen,
  proven: string,
): Promise<Turn> {
  const { memory, node, status } = agent
  const ask = () => asked(agent, cluster, { plan, observed, proven })
  const first = await ask()
  if (vipsAtRisk(first).size === 0) return { go: true }
  // Killed in the middle of its trial: nobody began since, and to end it is the quickest way out.
  const begun = memory.meta().trying === plan.digest
  const turn = (input: TurnInput): Turn => {
    const found = myTurn(input)
    return begun && !found.go && !found.stalled ? { go: true } : found
  }
  const before = turn(first)
  if (!before.go) return before
  status.claim(plan.digest)
  const input = await ask()
  const other = claimant(input)
  if (other !== undefined) {
    const why = `waiting for ${other}, which tries a spec now`
    return { go: false, stalled: false, why, claims: node < other }
  }
  const now = turn(input)
  if (now.go) await memory.update({ trying: plan.digest })
  return now
}

async function asked(
  { node, peers, state, world }: Agent,
  cluster: Cluster,
  seen: Pick<TurnInput, 'plan' | 'observed' | 'proven'>,
): Promise<TurnInput> {
  const { digest } = seen.plan
  const sinceMs = world.clock.monotonic()
  if (state.waiting?.digest !== digest) state.waiting = { digest, sinceMs, heard: new Map() }
  const { heard, sinceMs: beganMs } = state.waiting
  const answers = await peers.refresh(cluster, node)
  const nowMs = world.clock.monotonic()
  for (const [name, said] of answers) heard.set(name, { said, atMs: nowMs })
  const silent = [...heard]
    .filter(([name]) => !answers.has(name))
    .map(([name, { said, atMs }]) => [name, { said, agoMs: nowMs - atMs }] as const)
  return { ...seen, cluster, peers: answers, silent: new Map(silent), waitedMs: nowMs - beganMs }
}
