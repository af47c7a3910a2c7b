// A vip's confirmed change of hands, in words. Pure.
import type { VipStatus } from '../spec/status.ts'

/** A confirmed change of a vip's holders. */
export type Transition = {
  readonly vip: string
  readonly words: string
  readonly text: string
  /** Time without a heard claim before the new holder's; 0 when none was measured. */
  readonly gapMs: number
}
/** Confirmed words of a vip, or undefined while nothing is certain: uncertainty is no transition. */
export function holderWords(vip: VipStatus): string | undefined {
  const nodes = vip.holders.map((h) => h.node).sort()
  if (vip.state === 'held') return nodes.join(' and ')
  if (vip.state === 'split') return `split: ${nodes.join(' and ')}`
  return vip.state === 'none' ? 'nobody' : undefined
}

export function transitionText(
  vip: string,
  from: string | undefined,
  to: string,
  gapMs: number,
): string {
  if (to.startsWith('split: '))
    return `vip ${vip}: SPLIT BRAIN, ${to.slice(7)} hold the same address`
  if (to === 'nobody') return `vip ${vip}: nobody holds it (before: ${from ?? 'not known'})`
  if (from === undefined) return `vip ${vip}: held by ${to}`
  const gap = gapMs > 0 ? `; no claim was heard for ${(gapMs / 1000).toFixed(2)} s` : ''
  return `vip ${vip}: moved from ${from} to ${to}${gap}`
}

/** Reads what transitionText wrote of a move: vip, from, to, and the seconds without a claim where they were measured. */
export const MOVED =
  /^vip (\S+): moved from (.+?) to (.+?)(?:; no claim was heard for ([0-9.]+) s)?$/

/** So many of the newest are kept in memory, for the lanes of the page. */
export const TRANSITIONS_KEPT_MAX = 1_000

/** Reads what transitionText wrote: the vip, and its holders from then on as holderWords says them; undefined for other texts. */
export function wordsOf(
  text: string,
): { readonly vip: string; readonly words: string } | undefined {
  const [, vip = '', said = ''] = /^vip (\S+): (.+)$/.exec(text) ?? []
  if (vip === '') return undefined
  if (said.startsWith('nobody holds it')) return { vip, words: 'nobody' }
  const split = /^SPLIT BRAIN, (.+) hold the same address$/.exec(said)?.[1]
  if (split !== undefined) return { vip, words: `split: ${split}` }
  const to = MOVED.exec(text)?.[3] ?? /^held by (.+)$/.exec(said)?.[1]
  return to === undefined ? undefined : { vip, words: to }
}
