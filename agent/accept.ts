// Trust: which fetched spec becomes the wanted one. Only newer, only valid; nothing else is touched.
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Diagnostic } from '../spec/diagnostic.ts'
import type { Memory, Meta } from './memory.ts'
import type { Trust } from './trust.ts'
import type { Fetched, Origin } from './world.ts'

export type Accepted =
  | { readonly kind: 'new' | 'same'; readonly cluster: Cluster }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Checks a fetched spec and, when it is accepted, keeps it durably as the wanted one. With `trust` its signature is
 * proved before the text is read, and the signed serial orders specs: a number that a hub made up counts for nothing.
 */
export async function accept(
  memory: Memory,
  fetched: Fetched,
  trust?: Trust | undefined,
): Promise<Accepted> {
  const meta = memory.meta()
  const { revision, origin, body } = fetched
  const unsigned = trust?.unsigned(fetched)
  if (unsigned !== undefined) return refused(unsigned)
  if (trust === undefined && revision !== 0 && revision < meta.seenRevision)
    return refused(
      `the source offers revision ${revision}, older than ${meta.seenRevision} that this node has seen`,
    )
  if (origin?.follows === false) return refused(rewritten(origin, meta.origin?.commit ?? ''))
  const { cluster, diagnostics } = checkSpec(body)
  if (cluster === undefined) return refused(invalid(diagnostics))
  const unfit = trust?.unfit(cluster, body)
  if (unfit !== undefined) return refused(unfit)
  const known = meta.wantedDigest === cluster.digest
  const sameRevision = revision !== 0 && revision === meta.seenRevision
  if (trust === undefined && sameRevision && meta.wantedDigest !== '' && !known)
    return refused(
      `the source offers another text for revision ${revision}, which this node has already seen`,
    )
  if (trust === undefined && known && sameRevision) return { kind: 'same', cluster }
  // What a signer said once decides nothing the second time: what failed stays quarantined.
  if (trust?.covers(body) === true && known && memory.spec('wanted') === body) {
    // A wait for a confirmation goes on under the new number, or was ended by a push without one.
    const { confirm: wait } = meta
    await memory.update({
      seenRevision: revision,
      wantedRevision: revision,
      origin: recorded(origin),
      confirm: wait && fetched.confirmMs !== undefined ? { ...wait, revision } : undefined,
    })
    return { kind: 'same', cluster }
  }
  // A commit that leaves the spec as it is decides nothing about it either.
  const untouched = memory.spec('wanted') === body && known && fetched.allow.length === 0
  const again = origin !== undefined && meta.origin?.from === origin.from && untouched
  if (again && trust === undefined) {
    await memory.update({ origin: recorded(origin) })
    return { kind: 'same', cluster }
  }
  const allow = trust === undefined ? fetched.allow : trust.allowed(cluster, fetched)
  const waits = await awaited(memory, fetched, cluster.digest)
  // First the order, then the text: killed between the two, the node takes nothing older than what it was given.
  await trust?.record(cluster, body)
  await memory.keepSpec('wanted', body)
  // A push is a decision of a person: also the same digest again lifts its quarantine.
  await memory.update({
    seenRevision: revision,
    wantedRevision: revision,
    wantedDigest: cluster.digest,
    allow: [...allow],
    failedDigest: '',
    failedReason: '',
    paused: false,
    origin: recorded(origin),
    ...waits,
    lapsedRevision: undefined,
    outside: undefined,
    baseline: undefined,
  })
  return { kind: 'new', cluster }
}

/**
 * What is to be confirmed, after the way back is on disk: the spec that was proved last and needs no confirmation of its own. Nothing
 * where there is no such spec, or no other one.
 */
async function awaited(
  memory: Memory,
  { confirmMs, revision }: Fetched,
  digest: string,
): Promise<Pick<Meta, 'beforeRevision'> & { readonly confirm: Meta['confirm'] }> {
  const { confirm, runningDigest, runningRevision, beforeRevision } = memory.meta()
  const proven = memory.spec('proven')
  if (confirmMs === undefined || revision === 0 || proven === undefined)
    return { confirm: undefined }
  if (confirm === undefined) {
    if (runningDigest === digest) return { confirm: undefined }
    await memory.keepSpec('before', proven)
  }
  return {
    confirm: { revision, leftMs: confirmMs },
    beforeRevision: confirm === undefined ? runningRevision : (beforeRevision ?? 0),
  }
}

const refused = (why: string): Accepted => ({ kind: 'refused', why })

function invalid(diagnostics: readonly Diagnostic[]): string {
  const first = diagnostics.find((d) => d.severity === 'error')
  const at = first?.at === undefined ? '' : ` (line ${first.at.line}, column ${first.at.column})`
  return `the source offers an invalid spec: ${first?.code ?? ''} ${first?.message ?? 'unknown reason'}${at}`
}

const recorded = (origin: Origin | undefined) => ({
  from: origin?.from ?? '',
  commit: origin?.commit ?? '',
  author: origin?.author ?? '',
})

const rewritten = ({ commit, author }: Origin, taken: string): string =>
  `the source offers commit ${commit} by ${author}, which does not descend from ${taken} that this node has taken: ` +
  `its history was rewritten or went back; push a commit on top of ${taken.slice(0, 12)}, or set "force" of source.git to the offered commit`
