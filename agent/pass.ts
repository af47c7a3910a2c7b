// One pass: pull, trust, observe, plan, guard, turn, apply, verify, record. Every way out leaves the node
// as the spec says or as it last proved to load; what happened stands in the status.
import type { Cluster } from '../spec/cluster.ts'
import { applyStep } from './apply.ts'
import { allowed, OVERRIDES, watchConfirm } from './confirm.ts'
import type { Engine } from './engine.ts'
import { heals } from './heals.ts'
import type { Memory } from './memory.ts'
import { observe, type ProofCache } from './observe.ts'
import { byOrder, keepApplied, ordered, tellOrders, watchOrders } from './orders.ts'
import { pauseOf } from './order-book.ts'
import { rest } from './paused.ts'
import type { Held, PassState } from './pass-state.ts'
import { heldByPeer, type Peers } from './peers.ts'
import { guard } from './plan/guard.ts'
import { planWants } from './plan/index.ts'
import { actionText } from './plan/text.ts'
import type { Facts, Observed, Plan, Want } from './plan/types.ts'
import { holdsOf, type Status } from './status.ts'
import { parsed, provenCluster, target } from './target.ts'
import { pull } from './pull.ts'
import { takeTurn } from './trial.ts'
import { askBefore, type Outside, verifyOutside } from './outside/index.ts'
import { followRefusal } from './outside/refused.ts'
import { failed, unfinished } from './quarantine.ts'
import type { Trust } from './trust.ts'
import type { Vault } from './vault.ts'
import { keepProof, layHealthFiles, readyReason, verifyHere } from './verify.ts'
import { wantsOf } from './wants.ts'
import type { Source, World } from './world.ts'

export type Agent = {
  readonly world: World
  readonly node: string
  readonly engines: Readonly<Record<string, Engine>>
  readonly memory: Memory
  readonly trust?: Trust | undefined
  readonly vault?: Vault | undefined
  readonly status: Status
  readonly peers: Peers
  /** Others who look at this node's listeners; absent: nobody does. */
  readonly outside?: Outside | undefined
  readonly sources: readonly Source[]
  /** Probes the node anew; addresses and interfaces are always fresh, versions may be remembered. */
  readonly facts: () => Promise<Facts>
  readonly signal: AbortSignal
  readonly proofs: ProofCache
  /** Kept over passes. */
  readonly state: PassState
}

/** `again`: soon, something is being waited for. `claims`: peers go on seeing our announcement. `withinMs`: the next pass at the latest. */
export type PassResult = {
  readonly again: boolean
  readonly claims?: boolean
  readonly withinMs?: number
}

const QUIET: PassResult = { again: false }

/** Never throws: a failure of ours ends the pass, not the agent, and touches nothing more. */
export async function pass(agent: Agent): Promise<PassResult> {
  const startMs = agent.world.clock.monotonic()
  let claims = false
  try {
    await pull(agent)
    const waits = [await watchOrders(agent), await watchConfirm(agent), await followRefusal(agent)]
    const result = await converge(agent)
    claims = result.claims === true
    tellOrders(agent)
    const ends = waits.filter((ms) => ms !== undefined)
    return ends.length === 0 ? result : { ...result, withinMs: Math.min(...ends) }
  } catch (thrown) {
    unfinished(agent, thrown)
    return QUIET
  } finally {
    if (!claims) agent.status.claim('')
    agent.status.details({ passMs: agent.world.clock.monotonic() - startMs })
  }
}

export type Seen = { facts: Facts; wants: readonly Want[]; observed: Observed; plan: Plan }

async function look(agent: Agent, cluster: Cluster): Promise<Seen> {
  const facts = await agent.facts()
  agent.status.holds(holdsOf(cluster, facts.addresses))
  const acting = ordered(agent, cluster)
  const compiled = await wantsOf(agent, acting, facts)
  const observed = await observe({
    ...agent,
    facts,
    wants: compiled.wants,
    heldByPeer: heldByPeer(agent.peers.latest()),
  })
  agent.status.details({
    daemons: [...observed.daemons].map(([name, d]) => ({
      name,
      version: facts.engines[name]?.version.join('.') ?? '',
      ...d,
    })),
  })
  return {
    facts,
    wants: compiled.wants,
    observed,
    plan: planWants(compiled, acting, facts, observed),
  }
}

async function converge(agent: Agent): Promise<PassResult> {
  const goal = target(agent)
  if (goal === undefined) {
    const reason = agent.state.refused === '' ? 'no spec yet' : agent.state.refused
    agent.status.set({ condition: agent.state.refused === '' ? 'Reconciling' : 'Stalled', reason })
    return QUIET
  }
  const { cluster, text } = goal
  const seen = await look(agent, cluster)
  const pause = pauseOf(agent.memory.orders())
  if (pause !== undefined) {
    // What was begun is ended first: what lies on the disk unproved must not be what a daemon starts with.
    if (agent.memory.meta().trying !== undefined) await keepProven(agent, '')
    return rest(agent, cluster, seen, pause)
  }
  const { unmet = [] } = seen.plan
  if (unmet.length > 0) {
    // A boot at which the network is late, or an address that is not this machine's: nothing is stopped or changed for it.
    const reason = `waits, nothing is changed: ${unmet.join('; ')}`
    agent.status.set({ condition: 'Degraded', reason })
    return QUIET
  }
  // Peers are asked beside the pass where nothing is to be done: a dead one must not slow it down.
  if (seen.plan.steps.length === 0) {
    void agent.peers.refresh(cluster, agent.node, agent.status.summary().applying)
    // Killed between its last step and the look at the proxy: an empty plan alone proves nothing yet.
    const looked = agent.memory.meta().runningDigest === cluster.digest
    return looked ? settled(agent, cluster, text) : verifyAll(agent, cluster, text)
  }
  const drift = agent.memory.meta().runningDigest === cluster.digest
  if (drift && !byOrder(agent) && !heals(agent, cluster, seen)) return QUIET
  return change(agent, cluster, text, seen)
}

/** Nothing to do: what runs is what the target says. */
async function settled(agent: Agent, cluster: Cluster, text: string): Promise<PassResult> {
  const { memory, status, state } = agent
  const meta = memory.meta()
  if (meta.runningDigest !== cluster.digest) {
    const runningRevision = await keepProof(agent, cluster, text)
    status.event('applied', `runs revision ${runningRevision} (${cluster.digest.slice(0, 12)})`)
  } else if (meta.wantedDigest === cluster.digest && meta.runningRevision !== meta.wantedRevision) {
    await memory.update({ runningRevision: meta.wantedRevision })
  }
  await memory.update({ trying: '' })
  await keepApplied(agent)
  state.settled = true
  if (state.waiting?.digest === cluster.digest) state.waiting = undefined
  state.retry = undefined
  status.details({ drift: [] })
  const held = state.held?.digest === meta.wantedDigest ? state.held : undefined
  if (held !== undefined && cluster.digest !== meta.wantedDigest) {
    status.set({ condition: 'Stalled', reason: held.reason, failed: held.failed })
  } else if (meta.failedDigest !== '' && meta.failedDigest === meta.wantedDigest) {
    status.set({ condition: 'Stalled', reason: meta.failedReason })
  } else if (state.refused !== '') {
    status.set({ condition: 'Stalled', reason: state.refused })
  } else {
    status.set({ condition: 'Ready', reason: readyReason(agent, cluster) })
  }
  return QUIET
}

async function change(
  agent: Agent,
  cluster: Cluster,
  text: string,
  seen: Seen,
): Promise<PassResult> {
  const { status, state, memory } = agent
  const { plan, observed } = seen
  const now = agent.world.clock.monotonic()
  if (state.retry?.digest === plan.digest && now < state.retry.atMs) return QUIET
  const before = provenCluster(agent)
  const verdict = guard({ plan, cluster, before, allow: allowed(agent) })
  if (!verdict.ok) {
    const reason = `${verdict.code}: ${verdict.message}; ${verdict.hint}`
    status.event('refused', reason)
    return stay(agent, { digest: plan.digest, reason, failed: plan.digest })
  }
  const turn = await takeTurn(agent, cluster, seen, before?.digest ?? '')
  if (!turn.go && turn.stalled) {
    return stay(agent, { digest: plan.digest, reason: turn.why, failed: '' })
  }
  if (!turn.go) {
    // Down, or left in the middle by a kill: meanwhile it serves what was proved.
    const down = [...observed.daemons.values()].some((d) => !d.running)
    if (down || memory.meta().trying !== undefined) await keepProven(agent, plan.digest)
    status.set({ condition: 'Reconciling', reason: turn.why })
    return { again: true, claims: turn.claims === true }
  }
  state.held = undefined
  await askBefore(agent, cluster)
  return applyPlan(agent, cluster, text, seen)
}

/** The wanted spec may not be taken: the node keeps, or is put back to, what it last proved. */
async function stay(agent: Agent, held: Held): Promise<PassResult> {
  agent.state.held = held
  agent.status.set({ condition: 'Stalled', reason: held.reason, failed: held.failed })
  return keepProven(agent, held.digest)
}

/** Goes back to what was proved here: that asks nobody, it is no trial. */
async function keepProven(agent: Agent, unwanted: string): Promise<PassResult> {
  const { memory, state } = agent
  const text = memory.spec('proven')
  const cluster = text === undefined ? undefined : parsed(agent, text)
  if (text === undefined || cluster === undefined || cluster.digest === unwanted) return QUIET
  const seen = await look(agent, cluster)
  if (seen.plan.steps.length === 0) {
    await memory.update({ trying: '' })
    return QUIET
  }
  if (cluster.rollout.drift !== 'heal') return QUIET
  const now = agent.world.clock.monotonic()
  if (state.retry?.digest === cluster.digest && now < state.retry.atMs) return QUIET
  // A trial that was cut off may have added what goes now: it was never proved.
  const safe = guard({ plan: seen.plan, cluster, before: cluster, allow: OVERRIDES })
  return safe.ok ? applyPlan(agent, cluster, text, seen) : QUIET
}

async function applyPlan(
  agent: Agent,
  cluster: Cluster,
  text: string,
  seen: Seen,
): Promise<PassResult> {
  const { plan, facts, wants } = seen
  const doing = `applies ${plan.steps.map((s) => s.id).join(', ')}`
  const served = wants.flatMap((w) => (w.kind === 'daemon' ? [[w.engine, w.daemon] as const] : []))
  const tools = { ...agent, facts, daemons: new Map(served) }
  await layHealthFiles(agent, cluster)
  const said: string[] = []
  for (const [at, step] of plan.steps.entries()) {
    const place = `${at + 1} of ${plan.steps.length}: ${step.id}`.slice(0, 300)
    agent.status.set({ condition: 'Reconciling', reason: doing, step: place })
    const outcome = await applyStep(tools, step)
    agent.proofs.clear()
    if (!outcome.ok) {
      const reason = `${outcome.error.message} (${outcome.undone})`
      agent.status.details({ steps: [...said, `${step.id}: ${reason}`] })
      // The steps before it went well and still stand: the next pass takes them back.
      const undone = outcome.undone !== 'undo failed' && said.length === 0
      return failed(agent, { digest: plan.digest, next: outcome.error.next, reason, undone })
    }
    said.push(
      `${step.id}: ${step.why}; ${step.commit.map(actionText).join(', ')}`,
      ...outcome.warnings,
    )
  }
  agent.status.details({ steps: said })
  return verifyAll(agent, cluster, text)
}

/** On this node, then from outside; what does not hold is undone by the next pass. */
async function verifyAll(agent: Agent, cluster: Cluster, text: string): Promise<PassResult> {
  const plan = async () => (await look(agent, cluster)).plan
  const wrong = (await verifyHere(agent, cluster, plan)) ?? (await verifyOutside(agent, cluster))
  return wrong === undefined ? settled(agent, cluster, text) : failed(agent, wrong)
}
