// A spec that failed from outside on one node must be left by all: they are told whom to ask.
import type { Summary } from '../spec/report.ts'
import type { Session } from './session.ts'

/** For every summary that is heard: tells every other agent, once for each verdict of a node. */
export function createRefusals(
  sessions: ReadonlyMap<Session, unknown>,
): (node: string, summary: Summary) => void {
  const told = new Map<string, string>()
  return (node, { outside, wantedRevision }) => {
    if (outside?.verdict !== 'failed') {
      told.delete(node)
      return
    }
    const verdict = `${outside.digest} ${wantedRevision}`
    if (told.get(node) === verdict) return
    told.set(node, verdict)
    for (const session of sessions.keys())
      if ((session.node() ?? node) !== node) session.send({ type: 'failed', node })
  }
}
