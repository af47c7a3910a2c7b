// Commit-confirm at the hub: how much time is left, and the one way to confirm.
import type { Context } from 'hono'
import type { Cluster } from '../spec/cluster.ts'
import type { Revision } from '../spec/protocol.ts'
import type { HubState } from './state.ts'

/** What the time that is left to confirm a revision follows from. */
type Waits = Pick<Revision, 'confirmMs' | 'confirmedAt' | 'at'>

/** Newest spec as far as the fleet needs it. */
export type Wanted = {
  readonly revision: number
  readonly digest: string
  readonly cluster: Cluster
  readonly waits?: Waits
}

/**
 * Milliseconds that are left to confirm it, 0 when that was not done in time; undefined when nobody needs to. By the wall clock, which
 * outlives the hub: an agent that comes late must not begin a wait that is over.
 */
export const confirmLeftMs = (
  { confirmMs, confirmedAt, at }: Waits,
  now: number,
): number | undefined =>
  confirmMs === undefined || confirmedAt !== undefined
    ? undefined
    : Math.min(confirmMs, Math.max(0, at + confirmMs - now))

/** The same for a status, where it is absent when nobody needs to confirm. */
export function confirmLeft(waits: Waits | undefined, now: number) {
  const leftMs = waits === undefined ? undefined : confirmLeftMs(waits, now)
  return leftMs === undefined ? {} : { confirmLeftMs: leftMs }
}

/** POST /v1/confirm with if-match: the revision a person has seen at work. Too late is said: the nodes have gone back by then. */
export function confirmSpec(state: HubState, c: Context): Response {
  const revision = Number(/^"?([1-9][0-9]{0,14})"?$/.exec(c.req.header('if-match') ?? '')?.[1] ?? 0)
  if (revision === 0)
    return c.json({ error: 'cannot confirm without if-match: the revision that is confirmed' }, 428)
  const newest = state.newest()
  if (newest?.revision !== revision) {
    const now = newest === undefined ? 'nothing was pushed yet' : `the newest is ${newest.revision}`
    const error = `cannot confirm revision ${revision}: ${now}`
    return c.json({ error, revision: newest?.revision ?? 0 }, 409)
  }
  const { digest } = newest
  const leftMs = confirmLeftMs(newest, state.deps.clock.now())
  if (leftMs === undefined) return c.json({ revision, digest }, 200)
  if (leftMs === 0) {
    const error = `cannot confirm revision ${revision}: its time is over, the nodes have gone back; push it again`
    return c.json({ error, revision }, 409)
  }
  state.deps.store.confirm(revision, state.deps.clock.now())
  state.specChanged()
  return c.json({ revision, digest }, 201)
}
