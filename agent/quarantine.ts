// What a failure means for the passes to come: the digest is quarantined, or tried again later.
import { textOf } from './failure.ts'
import type { Agent, PassResult } from './pass.ts'
import { Unreadable } from './vault.ts'

/** A pass that could not be finished: what was not begun is not begun, and the next one looks anew. */
export function unfinished({ status }: Pick<Agent, 'status'>, thrown: unknown): void {
  if (thrown instanceof Unreadable) {
    const reason = `nothing is changed: ${textOf(thrown)}`
    status.set({ condition: 'Stalled', reason })
    status.event('refused', reason)
    return
  }
  const reason = `cannot finish the pass: ${textOf(thrown)}`
  status.set({ condition: 'Degraded', reason })
  status.event('failed', reason)
}

const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 60_000

export type Failed = {
  readonly digest: string
  readonly next: 'retry' | 'wait' | 'stop'
  readonly reason: string
  /** The node is where it was before: nothing unproved is left on it. */
  readonly undone: boolean
}

/** Records a failure: quarantined until the next push, or tried again after a while that doubles. */
export async function failed(
  agent: Agent,
  { digest, next, reason, undone }: Failed,
): Promise<PassResult> {
  const { status, state, memory } = agent
  status.event('failed', reason)
  const meta = memory.meta()
  const first = memory.spec('proven') === undefined
  // What was proved here before did not become wrong: the world changed under it, and may change back.
  const proved = digest === meta.runningDigest
  const delayMs = Math.min(
    RETRY_MS_MAX,
    state.retry?.digest === digest ? state.retry.delayMs * 2 : RETRY_MS_MIN,
  )
  state.retry = { digest, delayMs, atMs: agent.world.clock.monotonic() + delayMs }
  // Said before it is written down: a full disk must not hide it from the peers.
  status.set({ condition: next === 'wait' ? 'Stalled' : 'Degraded', reason, failed: digest })
  const quarantine = next === 'wait' && digest === meta.wantedDigest && !first && !proved
  try {
    await memory.update({
      ...(undone ? { trying: '', baseline: undefined } : {}),
      // Reconciliation does not bring it back, a new push lifts it.
      ...(quarantine ? { failedDigest: digest, failedReason: reason } : {}),
    })
  } catch (thrown) {
    status.event('agent', `cannot keep in mind that it failed: ${textOf(thrown)}`)
    return { again: false }
  }
  return { again: quarantine }
}
