// What a client sees when something of the master dies: the same faults for hactl and for the tutorial.
import { setTimeout as sleep } from 'node:timers/promises'
import { type How, labFail, labHeal, labProbe } from '../../cli/lab/index.ts'
import { healthy, holdersOf } from './cluster.ts'

const FAIL_AFTER_MS = 1_500
const PROBE_SECONDS = 7

export type Outage = {
  readonly ms: number
  /** Whether the client was being served when the probe ended. */
  readonly back: boolean
  readonly holder: string
}

export async function outage(root: string, how: How): Promise<Outage> {
  await healthy(root)
  const probing = labProbe({ root, seconds: PROBE_SECONDS })
  await sleep(FAIL_AFTER_MS)
  await labFail({ root, node: 'lb1', how })
  const seen = await probing
  const holder = await holdersOf(root)
  await labHeal({ root })
  await healthy(root)
  const back = seen.gaps.every(({ atMs, ms }) => atMs + ms < PROBE_SECONDS * 1_000 - 1)
  return { ms: seen.longestGapMs, back, holder }
}

export const outageText = ({ ms, back }: Outage): string => (back ? `${ms} ms` : 'never')
