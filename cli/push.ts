// What `hactl push` does, in the order the user sees it.
import { resolve } from 'node:path'
import { checkSpec } from '../spec/check.ts'
import { specSigner } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import { sha256 } from '../spec/hash.ts'
import type { Revision } from '../spec/protocol.ts'
import { type HubClient, type HubSpec, hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import { readTextIfThere } from './files.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { type Base, type PlanFile, plannedNodes, refuseStale } from './plan-file.ts'
import { paint, plain, table } from './print.ts'
import { type SendFlags, send } from './send.ts'
import { needSpec } from './spec-text.ts'
import { type NodeChange, summary } from './summary.ts'
import { hubTarget } from './target.ts'

/** A plan that a person has read, when it is that which is pushed. */
export type Planned = { readonly plan?: PlanFile | undefined }

export async function push(
  io: Io,
  file: string,
  flags: HubFlags & SendFlags & Planned,
): Promise<void> {
  const { text, cluster } = await needSpec(io, file)
  const client = hubClient(await hubTarget(io, flags))
  const current = await client.spec()
  if (flags.plan !== undefined) await asPlanned(io, client, flags.plan, text, current)
  const before = current === undefined ? undefined : checkSpec(current.text).cluster
  if (!io.json) io.out(summaryText(io, summary(before, cluster)))
  const signature = flags.sign === undefined ? await beside(io, file, text) : undefined
  const seen = { parent: current?.revision ?? 0, serial: before?.serial ?? 0 }
  await send(io, client, { file, text, cluster, signature, ...seen }, flags)
}

/** What comes between this look and the push is seen by the hub: it takes the revision only on top of `current`. */
async function asPlanned(
  io: Io,
  client: HubClient,
  plan: PlanFile,
  text: string,
  current: HubSpec | undefined,
): Promise<void> {
  const [newest] = await client.revisions(1)
  refuseStale(plan, {
    at: io.clock.now(),
    text,
    base: hubBase(client.url, current),
    by: newest === undefined ? '' : madeBy(newest),
    nodes: plannedNodes(await client.status()),
  })
}

export const hubBase = (place: string, current: HubSpec | undefined): Base => ({
  of: 'hub',
  place,
  revision: current?.revision ?? 0,
  commit: '',
  sha256: current === undefined ? '' : sha256(current.text),
})

const madeBy = ({ author, note }: Revision): string =>
  `by ${plain(author)}${note === '' ? '' : ` ("${plain(note)}")`}`

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
