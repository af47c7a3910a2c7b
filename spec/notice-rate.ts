// At most so many messages of one group in a window; the rest become one summary at its end. Pure: times come in.
import type { Notice } from './notice.ts'

export const GROUPS_MAX = 5_000

type Window = { from: number; sent: number; more: number; last: Notice | undefined }
export type Quota = { readonly repeatMs: number; readonly messagesMax: number }
export type NoticeRate = {
  /** True when it may be sent now; otherwise it is counted for the summary. */
  admit(group: string, notice: Notice, quota: Quota, mono: number): boolean
  /** Summaries that are due, each with its group. */
  due(quota: Quota, mono: number, wall: number): readonly (readonly [string, Notice])[]
  /** Nothing is counted that a summary will be made of. */
  idle(): boolean
}

const span = (ms: number): string => {
  if (ms < 120_000) return `${Math.round(ms / 1000)} seconds`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} minutes`
  return `${Math.round(ms / 3_600_000)} hours`
}

function summaryOf(group: string, window: Window, last: Notice, ms: number, wall: number): Notice {
  const { more } = window
  return {
    id: `summary:${group}:${wall}`,
    thread: `summary:${group}`,
    topic: last.topic,
    phase: 'summary',
    about: last.about,
    at: wall,
    title: `${more} more like this in the last ${span(ms)}: ${last.title}`,
    details: ['That was the last of them.', ...last.details],
    more,
  }
}

export function createNoticeRate(): NoticeRate {
  const windows = new Map<string, Window>()
  return {
    admit(group, notice, quota, mono) {
      const window = windows.get(group) ?? { from: mono, sent: 0, more: 0, last: undefined }
      windows.set(group, window)
      if (windows.size > GROUPS_MAX) {
        const oldest = windows.keys().next().value
        if (oldest !== undefined) windows.delete(oldest)
      }
      if (window.sent < quota.messagesMax) {
        window.sent++
        return true
      }
      window.more++
      window.last = notice
      return false
    },
    idle: () => windows.size === 0,
    due(quota, mono, wall) {
      const summaries: (readonly [string, Notice])[] = []
      for (const [group, window] of windows) {
        if (mono - window.from < quota.repeatMs) continue
        windows.delete(group)
        const { more, last } = window
        if (more === 0 || last === undefined) continue
        summaries.push([group, summaryOf(group, window, last, mono - window.from, wall)])
        // It has not calmed down: only summaries until a whole window was quiet.
        windows.set(group, { from: mono, sent: quota.messagesMax, more: 0, last: undefined })
      }
      return summaries
    },
  }
}
