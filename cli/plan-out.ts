// What `hactl plan` does with a hub or a repository: the steps from what nodes run now, kept in a file that push takes.
import { planText } from '../agent/plan/text.ts'
import type { Plan } from '../agent/plan/types.ts'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import { sha256 } from '../spec/hash.ts'
import type { ClusterStatus } from '../spec/status.ts'
import { type HubClient, hubClient } from './client.ts'
import type { PlanFlags } from './commands/plan.ts'
import { EXIT, Exit } from './exit.ts'
import { writeText } from './files.ts'
import type { Io } from './io.ts'
import { type PlanFile, plannedNodes } from './plan-file.ts'
import { jsonOut, plural } from './print.ts'
import { hubBase } from './push.ts'
import { gitBase, isHubGiven } from './push-git.ts'
import { withRemote } from './remote.ts'
import { needSpec } from './spec-text.ts'
import { changeOf } from './summary.ts'
import { hubTarget } from './target.ts'
import { VERSION } from './version.ts'

export async function planLive(io: Io, file: string, flags: PlanFlags): Promise<void> {
  if (flags.node ?? flags.facts ?? flags.observed)
    throw new Exit(
      EXIT.usage,
      'cannot use --node, --facts or --observed with what nodes run',
      'leave them out, or plan offline without --out, --hub and --git',
    )
  const { text, cluster } = await needSpec(io, file)
  const { git } = flags
  const client =
    git === undefined || isHubGiven(io, flags) ? hubClient(await hubTarget(io, flags)) : undefined
  const status = await client?.status()
  const current = git === undefined ? await client?.spec() : undefined
  const { base, text: before } =
    git === undefined
      ? { base: hubBase(client?.url ?? '', current), text: current?.text }
      : await withRemote(io, git.remote, git.branch, (remote) => gitBase(remote, git.path))
  const plans = await plansFrom(cluster, before, client, status)
  const made: PlanFile = {
    plan: 1,
    hactl: VERSION,
    at: io.clock.now(),
    file,
    cluster: cluster.name,
    digest: cluster.digest,
    sha256: sha256(text),
    base,
    nodes: status === undefined ? [] : [...plannedNodes(status)],
    changes: plans.map(({ node, steps }) => ({
      node,
      steps: steps.map(({ id, impact, why, says }) => ({ id, impact, why, says })),
    })),
  }
  // Nothing of it is secret, and it says where an attack would be felt.
  if (flags.out !== undefined)
    await writeText(io, flags.out, `${JSON.stringify(made, null, 2)}\n`, 0o600)
  if (io.json) return jsonOut(io, { ok: true, ...made })
  for (const plan of plans) io.out(`${planText(plan, { diff: flags.diff })}\n`)
  if (plans.length === 0) io.out('No node changes.\n')
  const from = base.of === 'hub' ? `revision ${base.revision}` : base.place
  if (flags.out !== undefined)
    io.out(
      `${flags.out}: ${plural(plans.length, 'node')} of ${cluster.nodes.length}, from ${from}; then: hactl push --plan ${flags.out}\n`,
    )
}

/** Each node from what it runs: that may be an older revision than the newest. Nodes that change nothing are left out. */
async function plansFrom(
  to: Cluster,
  text: string | undefined,
  client: HubClient | undefined,
  status: ClusterStatus | undefined,
): Promise<readonly Plan[]> {
  const before = text === undefined ? undefined : checkSpec(text).cluster
  const known = new Map([[before?.digest ?? '', before]])
  const plans: Plan[] = []
  for (const { name } of to.nodes) {
    const summary = status?.nodes.find(({ node }) => node === name)?.summary
    const running = status === undefined ? (before?.digest ?? '') : (summary?.running ?? '')
    if (!known.has(running)) {
      const found = await client?.revision(summary?.runningRevision ?? 0)
      const cluster = found === undefined ? undefined : checkSpec(found.text).cluster
      known.set(running, cluster?.digest === running ? cluster : undefined)
    }
    const from = known.get(running)
    const had = from?.nodes.some((node) => node.name === name) === true ? from : undefined
    const plan = changeOf(running === '' ? undefined : had, to, name)
    if (plan.steps.length > 0) plans.push(plan)
  }
  return plans
}
