// A spec that failed from outside on one node is left by every node that took it: nobody goes on with what clients cannot reach elsewhere.
import type { Summary } from '../../spec/report.ts'
import { textOf } from '../failure.ts'
import type { Agent } from '../pass.ts'
import { peerAddresses } from '../peers.ts'
import { currentCluster } from '../target.ts'
import { HUB } from './judge.ts'

/** A verdict comes within 4 s of the first bad answer. */
const VERDICT_MS = 6_000
const ASK_AGAIN_MS = 500

/**
 * Goes back when a peer says that the spec wanted here failed from outside. The word of one node is not enough where this node
 * knows better: named as an asker it must remember the bad answer itself, and what it saw well it does not leave.
 * A peer that this node has just seen fail is asked for its verdict until that is known: milliseconds until then, undefined for none.
 */
export async function followRefusal(agent: Agent): Promise<number | undefined> {
  try {
    const waits = await askFailing(agent)
    const hinted = await hearHinted(agent)
    const heard = [...agent.peers.latest().values(), ...hinted]
    const said = heard.find((peer) => concerns(agent, peer))
    if (said?.outside === undefined) return waits
    await goBack(agent, said.node, said.outside)
  } catch (thrown) {
    agent.status.event('agent', `cannot go back as a peer did: ${textOf(thrown)}`)
  }
  return undefined
}

/** The hub says of whom it heard that: each is asked itself, at the door for peers. */
async function hearHinted(agent: Agent): Promise<readonly Summary[]> {
  const { outside, state, node } = agent
  const cluster = currentCluster(agent)
  if (outside === undefined || cluster === undefined || state.hinted.size === 0) return []
  const names = [...state.hinted].filter((name) => name !== node)
  state.hinted.clear()
  return [...(await outside.hear(cluster, names)).values()]
}

async function askFailing(agent: Agent): Promise<number | undefined> {
  const { outside, peers, status, node } = agent
  const cluster = currentCluster(agent)
  if (outside === undefined || cluster === undefined) return undefined
  const names = peerAddresses(cluster, node).map(({ name }) => name)
  if (!names.some((name) => outside.saw(name, VERDICT_MS) === 'worse')) return undefined
  await peers.refresh(cluster, node, status.summary().applying)
  return ASK_AGAIN_MS
}

function concerns(agent: Agent, peer: Summary): boolean {
  const { memory, node } = agent
  const { wantedDigest, wantedRevision, failedDigest } = memory.meta()
  const { outside } = peer
  if (outside?.verdict !== 'failed' || wantedDigest === '') return false
  if (outside.digest !== wantedDigest || failedDigest === wantedDigest) return false
  // It has not heard of the push that lifts the quarantine.
  if (peer.wantedRevision !== wantedRevision) return false
  const of = outside.of ?? peer.node
  const askers = outside.by.filter((name) => name !== HUB && name !== of)
  if (of === node || askers.length === 0) return false
  // Told on by another one: who was asked knows better, as long as it can be heard.
  const own = of === peer.node ? outside : agent.peers.latest().get(of)?.outside
  const told = agent.peers.latest().has(of) && own?.verdict !== 'failed'
  const saw = agent.outside?.saw(of)
  const contradicted = told || (askers.includes(node) ? saw !== 'worse' : saw === 'well')
  if (!contradicted) return true
  const doubt = `${peer.node} says that ${of} failed from outside, asked by ${askers.join(' and ')}: not believed, this node knows better`
  agent.status.event('refused', doubt)
  return false
}

/** Quarantined as if it had failed here; what was proved before it is what this node acts by. */
async function goBack(
  { memory, state, status, world }: Agent,
  peer: string,
  found: NonNullable<Summary['outside']>,
): Promise<void> {
  const { wantedDigest, runningDigest } = memory.meta()
  const of = found.of ?? peer
  const previous = memory.spec('previous')
  if (runningDigest === wantedDigest) {
    // The first spec of this node: there is nothing to go back to.
    if (previous === undefined) return
    await memory.keepSpec('proven', previous)
  } else if (memory.spec('proven') === undefined) return
  const reason = `failed from outside on ${of}: ${found.why} (asked by ${found.by.join(' and ')})`
  await memory.update({
    failedDigest: wantedDigest,
    failedReason: reason,
    confirm: undefined,
    outside: { ...found, of, at: world.clock.now() },
  })
  state.retry = undefined
  state.waiting = undefined
  status.event('failed', reason)
}

/** The spec that is quarantined here, or on a peer, was shut out: on the way back no guard stands in the way. */
export const isShutOut = ({ memory }: Pick<Agent, 'memory'>): boolean => {
  const { outside, wantedDigest, failedDigest } = memory.meta()
  return (
    outside?.verdict === 'failed' &&
    outside.digest === wantedDigest &&
    failedDigest === wantedDigest
  )
}
