// Commit-confirm: a spec that nobody confirms in time is gone back from, by this node alone, whatever the hub does.
import type { Agent } from './pass.ts'
import { textOf } from './failure.ts'
import { isShutOut } from './outside/refused.ts'

/** The time left is written down this often: a restart continues from there, so it may last so much longer. */
const NOTE_MS = 1_000
/** Written by `hactl confirm --here` into the state directory: the revision that is confirmed. */
export const CONFIRM_FILE = 'confirm'

/** The clock of one wait in this process. */
export type Countdown = {
  readonly revision: number
  readonly leftMs: number
  /** Monotonic. */
  readonly atMs: number
}

/**
 * Takes confirmations, counts down, and ends a wait. A confirmation wins over a time that ran out: whoever went back takes
 * the spec again when it hears that a person had confirmed it. Milliseconds until the wait ends; undefined when none is left.
 */
export async function watchConfirm(agent: Agent): Promise<number | undefined> {
  try {
    return await look(agent)
  } catch (thrown) {
    // A full disk: nothing can be changed on it anyway, but what dies must still be put right.
    agent.status.event('agent', `cannot end the wait for a confirmation: ${textOf(thrown)}`)
    return NOTE_MS
  }
}

async function look(agent: Agent): Promise<number | undefined> {
  const { memory } = agent
  const { confirm, lapsedRevision, wantedRevision } = memory.meta()
  const revision = confirm?.revision ?? lapsedRevision
  if (revision === undefined || revision !== wantedRevision) return undefined
  const by = await confirmedBy(agent, revision)
  if (by !== undefined) {
    await take(agent, revision, by)
    return undefined
  }
  if (confirm === undefined) return undefined
  const gone = [...agent.peers.latest().values()].find((p) => p.lapsedRevision === revision)
  const leftMs = gone === undefined ? await countDown(agent, confirm) : 0
  if (leftMs > 0) return leftMs
  await lapse(agent, revision, gone === undefined ? '' : `, as ${gone.node} says`)
  return undefined
}

/** Who says that a person confirmed this revision. */
async function confirmedBy(agent: Agent, revision: number): Promise<string | undefined> {
  const { state, peers, world, memory } = agent
  if (state.confirmed === revision) return 'the hub'
  const peer = [...peers.latest().values()].find((p) => p.confirmedRevision === revision)
  if (peer !== undefined) return peer.node
  const path = `${memory.directory}/${CONFIRM_FILE}`
  const file = await world.host.read(path)
  if (file === undefined) return undefined
  await world.host.remove(path)
  return Number(file.body) === revision ? 'a person on this node' : undefined
}

async function take(agent: Agent, revision: number, by: string): Promise<void> {
  const { memory, state, status } = agent
  const back = memory.meta().lapsedRevision === revision
  await memory.update({
    confirm: undefined,
    lapsedRevision: undefined,
    confirmedRevision: revision,
    ...(back ? { failedDigest: '', failedReason: '' } : {}),
  })
  state.countdown = undefined
  state.retry = undefined
  const again = back ? '; this node takes it again' : ''
  status.event('agent', `revision ${revision} is confirmed, by ${by}${again}`)
}

async function countDown(
  { memory, state, world, status }: Agent,
  confirm: { readonly revision: number; readonly leftMs: number },
): Promise<number> {
  const nowMs = world.clock.monotonic()
  if (state.countdown?.revision !== confirm.revision) state.countdown = { ...confirm, atMs: nowMs }
  const leftMs = Math.ceil(state.countdown.leftMs - (nowMs - state.countdown.atMs))
  if (leftMs > 0 && confirm.leftMs - leftMs >= NOTE_MS) {
    try {
      await memory.update({ confirm: { ...confirm, leftMs } })
    } catch (thrown) {
      // The count in this process goes on; a restart would only begin a little earlier in it.
      status.event('agent', `cannot write down the time left for a confirmation: ${textOf(thrown)}`)
    }
  }
  return leftMs
}

/** Quarantined like a spec that failed; what was proved before it becomes what this node acts by. */
async function lapse(agent: Agent, revision: number, why: string): Promise<void> {
  const { memory, state, status } = agent
  const { failedDigest, failedReason, wantedDigest } = memory.meta()
  const before = memory.spec('before')
  if (before !== undefined) await memory.keepSpec('proven', before)
  const failed = failedDigest === wantedDigest && failedDigest !== ''
  const reason = `revision ${revision} was not confirmed in time${why}: back to what ran before it`
  await memory.update({
    confirm: undefined,
    lapsedRevision: revision,
    failedDigest: wantedDigest,
    failedReason: failed ? failedReason : reason,
  })
  state.countdown = undefined
  state.retry = undefined
  state.waiting = undefined
  status.event('failed', reason)
}

/** Every override of a guard: for the way back to what was proved here. */
export const OVERRIDES = ['blink', 'removals', 'empty']

/** Overrides of guards: all on the way back from what nobody confirmed, since the way there passed them. */
export function allowed({ memory }: Agent): readonly string[] {
  const { lapsedRevision, wantedRevision, allow } = memory.meta()
  return lapsedRevision === wantedRevision || isShutOut({ memory }) ? OVERRIDES : allow
}
