// The message about a vip that moved. Pure.
import { vipName } from './faults.ts'
import type { Notice, VipSeen, View } from './notice.ts'

/** A move that is waited for, until it has lasted. */
export type Move = {
  readonly to: string
  /** Monotonic milliseconds. */
  readonly since: number
  readonly gapMs: number | undefined
}

export function movedNotice(view: View, vip: VipSeen, from: string, move: Move): Notice {
  const gap =
    move.gapMs === undefined || move.gapMs <= 0
      ? []
      : [`No node claimed it for ${(move.gapMs / 1000).toFixed(2)} s, as far as was heard.`]
  return {
    id: `transition:${vip.vip}:${view.wall}`,
    thread: `transition:${vip.vip}`,
    topic: 'transition',
    phase: 'event',
    about: [vip.vip],
    at: view.wall,
    title: `${vipName(vip)} moved from ${from} to ${move.to}`,
    details: gap,
    ...(gap.length > 0 && move.gapMs !== undefined && { gapMs: Math.round(move.gapMs) }),
  }
}
