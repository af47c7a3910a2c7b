// Trust: which fetched spec becomes the wanted one. Only newer, only valid; nothing else is touched.
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Memory, Meta } from './memory.ts'
import type { Fetched, Origin } from './world.ts'

export type Accepted =
  | { readonly kind: 'new' | 'same'; readonly cluster: Cluster }
  | { readonly kind: 'refused'; readonly why: string }

/** Checks a fetched spec and, when it is accepted, keeps it durably as the wanted one. */
export async function accept(memory: Memory, fetched: Fetched): Promise<Accepted> {
  const meta = memory.meta()
  if (fetched.revision !== 0 && fetched.revision < meta.seenRevision) {
    return {
      kind: 'refused',
      why: `the source offers revision ${fetched.revision}, older than ${meta.seenRevision} that this node has seen`,
    }
  }
  const { origin } = fetched
  if (origin?.follows === false)
    return { kind: 'refused', why: rewritten(origin, meta.origin?.commit ?? '') }
  const { cluster, diagnostics } = checkSpec(fetched.body)
  if (cluster === undefined) {
    const first = diagnostics.find((d) => d.severity === 'error')
    const at = first?.at === undefined ? '' : ` (line ${first.at.line}, column ${first.at.column})`
    return {
      kind: 'refused',
      why: `the source offers an invalid spec: ${first?.code ?? ''} ${first?.message ?? 'unknown reason'}${at}`,
    }
  }
  const sameRevision = fetched.revision !== 0 && fetched.revision === meta.seenRevision
  if (sameRevision && meta.wantedDigest !== '' && meta.wantedDigest !== cluster.digest) {
    return {
      kind: 'refused',
      why: `the source offers another text for revision ${fetched.revision}, which this node has already seen`,
    }
  }
  if (meta.wantedDigest === cluster.digest && sameRevision) return { kind: 'same', cluster }
  // A commit that leaves the spec as it is decides nothing about it: what failed stays quarantined.
  const untouched =
    memory.spec('wanted') === fetched.body &&
    meta.wantedDigest === cluster.digest &&
    fetched.allow.length === 0
  if (origin !== undefined && meta.origin?.from === origin.from && untouched) {
    await memory.update({ origin: recorded(origin) })
    return { kind: 'same', cluster }
  }
  const confirm = await awaited(memory, fetched, cluster.digest)
  await memory.keepSpec('wanted', fetched.body)
  // A push is a decision of a person: also the same digest again lifts its quarantine.
  await memory.update({
    seenRevision: fetched.revision,
    wantedRevision: fetched.revision,
    wantedDigest: cluster.digest,
    allow: [...fetched.allow],
    failedDigest: '',
    failedReason: '',
    paused: false,
    origin: recorded(origin),
    confirm,
    lapsedRevision: undefined,
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
): Promise<Meta['confirm']> {
  const { confirm, runningDigest } = memory.meta()
  const proven = memory.spec('proven')
  if (confirmMs === undefined || revision === 0 || proven === undefined) return undefined
  if (confirm === undefined) {
    if (runningDigest === digest) return undefined
    await memory.keepSpec('before', proven)
  }
  return { revision, leftMs: confirmMs }
}

const recorded = (origin: Origin | undefined) => ({
  from: origin?.from ?? '',
  commit: origin?.commit ?? '',
  author: origin?.author ?? '',
})

const rewritten = ({ commit, author }: Origin, taken: string): string =>
  `the source offers commit ${commit} by ${author}, which does not descend from ${taken} that this node has taken: ` +
  `its history was rewritten or went back; push a commit on top of ${taken.slice(0, 12)}, or set "force" of source.git to the offered commit`
