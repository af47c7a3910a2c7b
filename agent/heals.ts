// Whether what differs from the proved spec is put right: the spec says so, or nobody's hand did it.
import type { Cluster } from '../spec/cluster.ts'
import { foundIn } from './drift.ts'
import type { Agent, Seen } from './pass.ts'

/** Hand edits are always shown; they are put right only where the spec says so. */
export function heals(agent: Agent, cluster: Cluster, { plan, observed }: Seen): boolean {
  const { event, drift, afterStart } = foundIn(plan, observed, !agent.state.settled)
  agent.status.details({ drift })
  agent.status.event(event.kind, event.text)
  if (afterStart || cluster.rollout.drift === 'heal') return true
  const paused = cluster.rollout.drift === 'pause'
  agent.status.set({
    condition: paused ? 'Paused' : 'Degraded',
    reason: `drift, ${paused ? 'paused' : 'only reported'} as the spec says: ${drift.join('; ')}`,
  })
  return false
}
