// What steps against the proven spec mean: a node that was just started, a daemon that died, or somebody's hand. Pure.
import type { NodeEvent } from '../spec/report.ts'
import type { Observed, Plan, Step } from './plan/types.ts'

export type Found = {
  readonly event: Pick<NodeEvent, 'kind' | 'text'>
  /** For the report: what differs from the spec that was proved here. */
  readonly drift: readonly string[]
  /** Nobody's hand: the node was just started and nothing of it runs yet. Put right whatever the spec says of drift. */
  readonly afterStart: boolean
}

const nameOf = (step: Step): string => step.id.slice(step.id.indexOf(':') + 1)

/** `justStarted`: this agent process has not yet seen the node in order. */
export function foundIn(plan: Plan, observed: Observed, justStarted: boolean): Found {
  const runs = (step: Step) => observed.daemons.get(nameOf(step))?.running === true
  const dead = plan.steps.filter(
    (step) => step.id.startsWith('daemon:') && step.diff.length === 0 && !runs(step),
  )
  const others = plan.steps.filter((step) => !dead.includes(step))
  const drift = plan.steps.map((step) => `${step.id}: ${step.why}`)
  const names = dead.map(nameOf).join(', ')
  const nothingRuns = ![...observed.daemons.values()].some((daemon) => daemon.running)
  // A boot takes processes, addresses and kernel settings; text on disk it leaves as it was.
  if (justStarted && nothingRuns && dead.length > 0 && others.every((s) => s.diff.length === 0)) {
    const more = others.length === 0 ? '' : `, puts back ${others.map((s) => s.id).join(', ')}`
    const text = `nothing ran when the agent started: starts ${names}${more}`
    return { event: { kind: 'daemon', text }, drift: [], afterStart: true }
  }
  if (others.length > 0)
    return { event: { kind: 'drift', text: drift.join('; ') }, drift, afterStart: false }
  return { event: { kind: 'daemon', text: `not running: ${names}` }, drift, afterStart: false }
}
