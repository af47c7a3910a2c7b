// What `hactl push` does, in the order the user sees it.
import { checkSpec } from '../spec/check.ts'
import { hubClient } from './client.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { paint, table } from './print.ts'
import { type SendFlags, send } from './send.ts'
import { needSpec } from './spec-text.ts'
import { type NodeChange, summary } from './summary.ts'
import { hubTarget } from './target.ts'

export async function push(io: Io, file: string, flags: HubFlags & SendFlags): Promise<void> {
  const { text, cluster } = await needSpec(io, file)
  const client = hubClient(await hubTarget(io, flags))
  const current = await client.spec()
  const before = current === undefined ? undefined : checkSpec(current.text).cluster
  if (!io.json) io.out(summaryText(io, summary(before, cluster)))
  await send(io, client, { file, text, cluster, parent: current?.revision ?? 0 }, flags)
}

/** A line per node that changes. */
export function summaryText(io: Pick<Io, 'color'>, changes: readonly NodeChange[]): string {
  if (changes.length === 0) return 'No node changes.\n'
  return table(
    changes.map(({ node, steps, impact, says, fresh }) => [
      paint(io, 'bold', node),
      fresh ? 'new' : `${steps} ${steps === 1 ? 'step' : 'steps'}`,
      impact,
      says,
    ]),
  )
}
