// What became of each revision on each node, from the nodes' own words: written down, for the last word of a node says only what it runs now.
import type { DatabaseSync } from 'node:sqlite'
import type { Summary } from '../spec/report.ts'
import { num, type Row, str } from './store-revisions.ts'

/** The last that was heard of a revision on a node. */
export type NodeResult = {
  readonly node: string
  readonly is: 'ran' | 'failed'
  /** When the node first said so. */
  readonly at: number
  /** Why it failed, in the node's words; '' when it ran. */
  readonly reason: string
}
/** Of one revision, by its number and digest: a number alone may be that of another source's history. */
export type Outcome = NodeResult & { readonly revision: number; readonly digest: string }

const REASON_LENGTH_MAX = 500

/** What a summary says of revisions; of one that was given up, only while it is the wanted one, for its number stands nowhere else. */
export function outcomesOf(node: string, summary: Summary, at: number): readonly Outcome[] {
  const { running, runningRevision, wanted, wantedRevision, failed, reason } = summary
  const ran: Outcome = {
    ...{ node, is: 'ran', at, reason: '' },
    ...{ revision: runningRevision, digest: running },
  }
  const gaveUp: Outcome = {
    ...{ node, is: 'failed', at, reason: reason.slice(0, REASON_LENGTH_MAX) },
    ...{ revision: wantedRevision, digest: failed },
  }
  return [
    ...(running !== '' && runningRevision > 0 ? [ran] : []),
    ...(failed !== '' && failed === wanted && wantedRevision > 0 ? [gaveUp] : []),
  ]
}

export type Results = {
  /** Keeps what is new in it for the next `take`. */
  hear(node: string, summary: Summary, at: number): void
  /** What was not stored yet. It is kept until `stored`, for a disk may be full. */
  pending(): readonly Outcome[]
  stored(outcomes: readonly Outcome[]): void
}

export function createResults(): Results {
  const heard = new Map<string, string>()
  const waiting = new Map<string, Outcome>()
  return {
    hear(node, summary, at) {
      const { running, runningRevision, wanted, wantedRevision, failed } = summary
      const now = `${running} ${runningRevision} ${failed} ${wanted} ${wantedRevision}`
      if (heard.get(node) === now) return
      heard.set(node, now)
      for (const one of outcomesOf(node, summary, at)) waiting.set(`${node} ${one.revision}`, one)
    },
    pending: () => [...waiting.values()],
    stored(outcomes) {
      for (const one of outcomes) {
        const key = `${one.node} ${one.revision}`
        if (waiting.get(key) === one) waiting.delete(key)
      }
    },
  }
}

/** A revision that failed and runs at last has run, and the other way round; the same said again changes nothing. */
export function saveResults(db: DatabaseSync, outcomes: readonly Outcome[]): void {
  const put = db.prepare(
    `INSERT INTO results (revision, node, result, at, reason)
       SELECT revision, ?, ?, ?, ? FROM revisions WHERE revision = ? AND digest = ?
     ON CONFLICT (revision, node) DO UPDATE SET result = excluded.result, at = excluded.at, reason = excluded.reason
       WHERE result <> excluded.result`,
  )
  for (const { node, is, at, reason, revision, digest } of outcomes)
    put.run(node, is, at, reason, revision, digest)
}

export const resultsOf = (db: DatabaseSync, revision: number): readonly NodeResult[] =>
  db
    .prepare('SELECT node, result, at, reason FROM results WHERE revision = ? ORDER BY node')
    .all(revision)
    .map((row: Row) => ({
      node: str(row, 'node'),
      is: row['result'] === 'failed' ? 'failed' : 'ran',
      at: num(row, 'at'),
      reason: str(row, 'reason'),
    }))
