// The newest spec, kept at hand: for the fleet, for agents that come, for commits that wait to be confirmed.
import type { Cluster } from '../spec/cluster.ts'
import type { HubDeps } from './deps.ts'
import type { Fleet } from './fleet.ts'
import type { Session } from './session.ts'
import { createLooker } from './verify.ts'

/** What the newest spec is, and whether this version still accepts it. */
export function createNewest({ store, check, log, look, clock }: HubDeps, fleet: Fleet) {
  let newest = store.newest()
  let cluster: Cluster | undefined
  const use = () => {
    newest = store.newest()
    if (newest === undefined) return
    const { revision, digest, body } = newest
    const parsed = check(body)
    if (parsed.ok) {
      cluster = parsed.value
      fleet.setWanted({ revision, digest, cluster, waits: newest })
    } else log(`hub: revision ${revision} no longer passes this version's checks`)
  }
  use()
  return {
    use,
    /** At listeners of a node, as this spec has them. */
    look: createLooker(look, clock, () => cluster),
    get: () => newest,
    /** It is this one, and nobody has confirmed it to the hub. */
    waitsFor: (revision: number | undefined) =>
      revision !== undefined &&
      newest?.revision === revision &&
      newest.confirmMs !== undefined &&
      newest.confirmedAt === undefined,
    cluster: () => cluster,
    tell: (session: Session) => {
      if (newest === undefined) return
      session.send({ type: 'wanted', revision: newest.revision, digest: newest.digest })
      if (newest.confirmedAt !== undefined)
        session.send({ type: 'confirmed', revision: newest.revision })
    },
  }
}
