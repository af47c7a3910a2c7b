// Health of a mount: what one probe means, and how many of them change the word. Pure.
import type { MountRow } from '../plan/types.ts'
import { isNfs } from './mount-table.ts'

export type MountWord = 'ok' | 'hung' | 'stale' | 'absent'
export type Probed = { readonly state: MountWord; readonly why: string }
export type MountHealth = Probed & {
  /** Probes in a row that say something else than `state`. */
  readonly against: number
}

/** One probe: how the child ended, and what the mount table shows on top of the mount point then. */
export type ProbeEnd = {
  /** undefined: it did not end in time. */
  readonly code: number | null | undefined
  readonly stdout: string
  readonly stderr: string
}

export function probed(end: ProbeEnd, top: MountRow | undefined): Probed {
  const nfs = top !== undefined && isNfs(top)
  if (end.code === undefined || end.code === null) {
    return nfs
      ? { state: 'hung', why: 'the server does not answer' }
      : { state: 'absent', why: 'it cannot be mounted: the server does not answer' }
  }
  const says = end.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
  if (/stale/i.test(says))
    return { state: 'stale', why: 'the server does not know it any more (ESTALE)' }
  if (!nfs) return { state: 'absent', why: says === '' ? 'it is not mounted' : says }
  // A soft mount gives up with an error instead of waiting.
  if (end.code !== 0) return { state: 'hung', why: says }
  return { state: 'ok', why: '' }
}

/** A busy server may miss one probe: only the second in a row is believed, good news are at once. */
export function nextMount(before: MountHealth | undefined, now: Probed): MountHealth {
  if (before === undefined || now.state === 'ok' || now.state === before.state)
    return { ...now, against: 0 }
  if (before.state !== 'ok' || before.against > 0) return { ...now, against: 0 }
  return { ...before, against: before.against + 1 }
}
