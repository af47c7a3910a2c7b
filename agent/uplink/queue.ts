// Events waiting for the hub: bounded, oldest dropped first, forgotten only when the hub has stored them.
import type { NodeEvent } from '../../spec/report.ts'

export const EVENTS_QUEUED_MAX = 1_000

export type EventQueue = {
  push(event: NodeEvent): void
  /** The oldest `count` at most; they stay until forgotten. */
  peek(count: number): readonly NodeEvent[]
  forget(ids: readonly string[]): void
  size(): number
  /** How many were lost to the bound since the start. */
  dropped(): number
}

export function createEventQueue(max = EVENTS_QUEUED_MAX): EventQueue {
  let waiting: NodeEvent[] = []
  let lost = 0
  return {
    push(event) {
      waiting.push(event)
      if (waiting.length <= max) return
      waiting.shift()
      lost++
    },
    peek: (count) => waiting.slice(0, count),
    forget(ids) {
      const gone = new Set(ids)
      waiting = waiting.filter((e) => !gone.has(e.id))
    },
    size: () => waiting.length,
    dropped: () => lost,
  }
}
