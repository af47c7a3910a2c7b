// The end of a change: what runs is looked at anew, and what was proved is kept, with what was proved before it.
import type { Cluster } from '../spec/cluster.ts'
import { healthFiles, proxyTargets } from './health-targets.ts'
import type { Agent } from './pass.ts'
import type { Plan } from './plan/types.ts'
import type { Failed } from './quarantine.ts'

/** One unanswered question is not yet a failed spec. */
const VERIFY_TRIES_MAX = 5
const VERIFY_INTERVAL_MS = 50

/** Missing must mean healthy. */
export async function layHealthFiles({ world, node }: Agent, cluster: Cluster): Promise<void> {
  for (const path of healthFiles(cluster, node)) {
    if ((await world.host.read(path)) === undefined) await world.host.write(path, '0\n', 0o644)
  }
}

/** Observed anew by `look`, the plan must be empty, and every proxy must answer. */
export async function verifyHere(
  { world, signal, node }: Agent,
  cluster: Cluster,
  look: () => Promise<Plan>,
): Promise<Failed | undefined> {
  let plan = await look()
  for (let tries = 1; tries < VERIFY_TRIES_MAX && plan.steps.length > 0; tries++) {
    await world.clock.sleep(VERIFY_INTERVAL_MS, signal)
    plan = await look()
  }
  if (plan.steps.length > 0) {
    const left = plan.steps.map((s) => `${s.id}: ${s.why}`).join('; ')
    const reason = `applied, but it does not hold: ${left}`
    return { digest: plan.digest, next: 'wait', reason, undone: false }
  }
  for (const { vip, url } of proxyTargets(cluster, node)) {
    const { status } = await world.host.get(url, {}, 1_000)
    if (status === 0) {
      const reason = `${vip}: the proxy does not answer at ${url}`
      return { digest: plan.digest, next: 'wait', reason, undone: false }
    }
  }
  return undefined
}

/** Keeps `text` as proved, and what was proved before it as the way back. The revision that runs now. */
export async function keepProof(
  { memory }: Agent,
  cluster: Cluster,
  text: string,
): Promise<number> {
  const meta = memory.meta()
  const wanted = meta.wantedDigest === cluster.digest
  // Back from what nobody confirmed, or what failed from outside: it is the revision of before.
  const lapsed = meta.lapsedRevision !== undefined && meta.lapsedRevision === meta.wantedRevision
  const back = lapsed ? meta.beforeRevision : meta.previousRevision
  const runningRevision = wanted ? meta.wantedRevision : (back ?? meta.wantedRevision)
  const proven = memory.spec('proven')
  if (wanted && proven !== undefined && proven !== text) {
    await memory.keepSpec('previous', proven)
    await memory.update({ previousRevision: meta.runningRevision })
  }
  await memory.keepSpec('proven', text)
  await memory.update({ runningDigest: cluster.digest, runningRevision, trying: '' })
  return runningRevision
}

/** What an operator should still know of a node that is in order. */
export function readyReason({ memory }: Agent, { digest }: Cluster): string {
  const { confirm, outside } = memory.meta()
  const unseen = outside?.verdict === 'unknown' && outside.digest === digest
  const waits = `revision ${confirm?.revision} waits for hactl confirm, or this node goes back`
  return [
    ...(confirm === undefined ? [] : [waits]),
    ...(unseen ? [`not verified from outside: ${outside.why}`] : []),
  ].join('; ')
}
