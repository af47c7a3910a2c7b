// What `hactl rollback` does.
import { checkSpec } from '../spec/check.ts'
import { hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { summaryText } from './push.ts'
import { type SendFlags, send } from './send.ts'
import { invalid } from './spec-text.ts'
import { summary } from './summary.ts'
import { hubTarget } from './target.ts'

export async function rollback(
  io: Io,
  wanted: number | undefined,
  flags: HubFlags & SendFlags,
): Promise<void> {
  const client = hubClient(await hubTarget(io, flags))
  const current = await client.spec()
  if (current === undefined)
    throw new Exit(EXIT.no, 'cannot roll back: nothing was pushed yet', 'hactl push sends a spec')
  // Not one less: a restored hub left numbers out.
  const revision = wanted ?? (await client.revisions(2))[1]?.revision
  if (revision === undefined)
    throw new Exit(
      EXIT.no,
      'cannot roll back: there is only one revision',
      'hactl history lists them',
    )
  const old = await client.revision(revision)
  if (old === undefined)
    throw new Exit(
      EXIT.no,
      `cannot roll back: there is no revision ${revision}`,
      `the newest is ${current.revision}; hactl history lists them`,
    )
  const { cluster, diagnostics } = checkSpec(old.text)
  const file = `revision ${revision}`
  if (cluster === undefined) throw invalid(io, file, old.text, diagnostics)
  if (!io.json) io.out(summaryText(io, summary(checkSpec(current.text).cluster, cluster)))
  const note = flags.note ?? `rollback to revision ${revision}`
  const serial = checkSpec(current.text).cluster?.serial ?? 0
  const sending = { file, text: old.text, cluster, parent: current.revision, serial }
  await send(io, client, sending, { ...flags, note })
}
