// What `hactl push` does, in the order the user sees it.
import { resolve } from 'node:path'
import { checkSpec } from '../spec/check.ts'
import { specSigner } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import { hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import { readTextIfThere } from './files.ts'
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
  const signature = flags.sign === undefined ? await beside(io, file, text) : undefined
  const seen = { parent: current?.revision ?? 0, serial: before?.serial ?? 0 }
  await send(io, client, { file, text, cluster, signature, ...seen }, flags)
}

/** What `hactl sign` left beside the file; a signature of another text would be refused by every node. */
export async function beside(io: Io, file: string, text: string): Promise<string | undefined> {
  const signature = file === '-' ? undefined : await readTextIfThere(resolve(io.cwd, `${file}.sig`))
  if (signature === undefined) return undefined
  try {
    specSigner(signature, text)
    return signature
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    const hint = 'sign it again with hactl sign, push with --sign, or remove the file'
    throw new Exit(EXIT.usage, `cannot use ${file}.sig: ${error.message}`, hint, error)
  }
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
