// Wants against what is: the plan. Pure; the CLI, the agent and the hub print the same one.
import assert from 'node:assert/strict'
import type { Cluster } from '../../spec/cluster.ts'
import { diffDaemon, removeDaemon } from '../kinds/daemon.ts'
import { diffOrphans, diffPackage, diffSysctl } from '../kinds/simple.ts'
import { providers } from '../providers/index.ts'
import { retired } from './retired.ts'
import type { Facts, Kept, Observed, Plan, Provider, Step, Want } from './types.ts'

export type Compiled = { readonly wants: readonly Want[]; readonly notes: readonly string[] }

/** Spec to wants, by every provider. */
export function compile(
  cluster: Cluster,
  facts: Facts,
  from: readonly Provider[] = providers,
): Compiled {
  const parts = from.map((provider) => provider.compile(cluster, facts))
  return { wants: parts.flatMap((p) => p.wants), notes: parts.flatMap((p) => p.notes) }
}

/** What this node must do, in order, and why; byte-same for the same input in any key order. */
export const makePlan = (cluster: Cluster, facts: Facts, observed: Observed): Plan =>
  planWants(compile(cluster, facts), cluster, facts, observed)

/** As `makePlan`, from wants that are already compiled (the agent needs them to know what to observe). */
export function planWants(
  compiled: Compiled,
  cluster: Cluster,
  facts: Facts,
  observed: Observed,
): Plan {
  const steps: Step[] = []
  const kept: Kept[] = []
  for (const want of ordered(compiled.wants)) {
    const { step, kept: same } = diff(want, facts, observed)
    if (step !== undefined) steps.push(step)
    if (same !== undefined) kept.push(same)
  }
  const gone = retired(compiled.wants, observed).map(({ daemon, path, vips }) =>
    removeDaemon(daemon, path, vips, observed),
  )
  const plan: Plan = {
    node: facts.node,
    digest: cluster.digest,
    steps: [...steps, ...gone],
    kept,
    notes: compiled.notes,
  }
  assertPlan(plan)
  return plan
}

function diff(want: Want, facts: Facts, observed: Observed) {
  switch (want.kind) {
    case 'package':
      return diffPackage(want, facts)
    case 'sysctl':
      return diffSysctl(want, observed)
    case 'daemon':
      return diffDaemon(want, observed)
    case 'address':
      return diffOrphans(want, observed)
  }
}

const ORDER = ['package', 'sysctl', 'daemon', 'address'] as const
/** Packages, then kernel settings, then daemons in the providers' order, then left-behind addresses. */
const ordered = (wants: readonly Want[]): Want[] =>
  ORDER.flatMap((kind) => wants.filter((w) => w.kind === kind))

/** Called where a plan is made and where it is used; ends the pass, not the vip. */
export function assertPlan({ steps, kept }: Plan): void {
  const ids = steps.map((s) => s.id)
  assert(new Set(ids).size === ids.length, 'two steps share an id')
  assert(
    kept.every((k) => !ids.includes(k.id)),
    'a resource is both kept and changed',
  )
  for (const s of steps) {
    assert(s.commit.length > 0, `step ${s.id} does nothing`)
    assert(s.why !== '', `step ${s.id} does not say why`)
    assert(s.says !== '', `step ${s.id} does not say what it means`)
  }
}
