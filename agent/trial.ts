// The right to try: at most one peer of a vip at a time runs a spec that is not proved.
import type { Cluster } from '../spec/cluster.ts'
import type { Summary } from '../spec/report.ts'
import type { Agent } from './pass.ts'
import {
  claimant,
  myTurn,
  type Silent,
  type Turn,
  type TurnInput,
  vipsAtRisk,
} from './plan/turn.ts'
import type { Observed, Plan } from './plan/types.ts'

export type Waiting = {
  readonly digest: string
  readonly sinceMs: number
  /** Last word of each peer since then. */
  readonly heard: Map<string, { readonly said: Summary; readonly atMs: number }>
}
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
  agent: Agent,
  cluster: Cluster,
  seen: Pick<TurnInput, 'plan' | 'observed' | 'proven'>,
): Promise<TurnInput> {
  const { node, peers, state, status, world } = agent
  const { digest } = seen.plan
  const sinceMs = world.clock.monotonic()
  if (state.waiting?.digest !== digest) state.waiting = { digest, sinceMs, heard: new Map() }
  const { heard, sinceMs: beganMs } = state.waiting
  const answers = await peers.refresh(cluster, node, status.summary().applying)
  const nowMs = world.clock.monotonic()
  for (const [name, said] of answers) heard.set(name, { said, atMs: nowMs })
  const names = [...heard.keys(), ...state.asked.keys()].filter((name) => !answers.has(name))
  const silent = new Map(names.map((name) => [name, lastOf(name, agent, nowMs)]))
  return { ...seen, cluster, peers: answers, silent, waitedMs: nowMs - beganMs }
}

/** Contact is contact, whoever asked: only so do both sides of a cut count from the same moment. */
function lastOf(name: string, { state }: Agent, nowMs: number): Silent {
  const heard = state.waiting?.heard.get(name)
  const asked = state.asked.get(name)
  const later = (asked?.atMs ?? -1) >= (heard?.atMs ?? -1)
  const applying = later ? asked?.applying : heard?.said.applying
  const atMs = Math.max(asked?.atMs ?? 0, heard?.atMs ?? 0)
  return { said: heard?.said, agoMs: nowMs - atMs, applying: applying ?? '' }
}
