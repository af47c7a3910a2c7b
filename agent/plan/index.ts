// Wants against what is: the plan. Pure; the CLI, the agent and the hub print the same one.
import assert from 'node:assert/strict'
import type { Cluster } from '../../spec/cluster.ts'
import { diffDaemon, removeDaemon } from '../kinds/daemon.ts'
import { diffLink } from '../kinds/link.ts'
import { diffExports } from '../kinds/exports.ts'
import { diffFirewall } from '../kinds/firewall.ts'
import { diffLocalAddress } from '../kinds/local-address.ts'
import { diffModule } from '../kinds/module.ts'
import { diffMount } from '../kinds/mount.ts'
import { retiredSteps } from '../kinds/owned.ts'
import { diffFile } from '../kinds/plain-file.ts'
import { diffSelinux } from '../kinds/selinux.ts'
import { diffOrphans, diffPackage, diffPackages } from '../kinds/simple.ts'
import { diffSysctl } from '../kinds/sysctl.ts'
import { diffUnit } from '../kinds/unit.ts'
import { diffVirtualService } from '../kinds/virtual-service.ts'
import { providers } from '../providers/index.ts'
import { narrowed } from './secrets.ts'
import { retired } from './retired.ts'
import type { Facts, Kept, Observed, Plan, Provider, Step, Want } from './types.ts'

export type Compiled = {
  readonly wants: readonly Want[]
  readonly notes: readonly string[]
  readonly unmet?: readonly string[]
}

/** Spec to wants, by every provider. */
export function compile(
  cluster: Cluster,
  facts: Facts,
  from: readonly Provider[] = providers,
): Compiled {
  const parts = from.map((provider) => provider.compile(cluster, facts))
  return {
    wants: parts.flatMap((p) => p.wants).map(narrowed),
    notes: parts.flatMap((p) => p.notes),
    unmet: parts.flatMap((p) => p.unmet ?? []),
  }
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
    steps: [...steps, ...gone, ...retiredSteps(compiled.wants, observed)],
    kept,
    notes: compiled.notes,
    unmet: compiled.unmet ?? [],
  }
  assertPlan(plan)
  return plan
}

function diff(want: Want, facts: Facts, observed: Observed) {
  switch (want.kind) {
    case 'package':
      return diffPackage(want, facts)
    case 'packages':
      return diffPackages(want, observed)
    case 'sysctl':
      return diffSysctl(want, observed)
    case 'daemon':
      return diffDaemon(want, observed)
    case 'address':
      return diffOrphans(want, observed)
    case 'module':
      return diffModule(want, observed)
    case 'local-address':
      return diffLocalAddress(want, observed)
    case 'file':
      return diffFile(want, observed)
    case 'unit':
      return diffUnit(want, observed)
    case 'mount':
      return diffMount(want, observed)
    case 'exports':
      return diffExports(want, observed)
    case 'link':
      return diffLink(want, observed)
    case 'virtual-service':
      return diffVirtualService(want, observed)
    case 'firewall':
      return diffFirewall(want, observed)
    case 'selinux':
      return diffSelinux(want, observed)
  }
}

/**
 * Every kind of want, and its turn: programs first, then the kernel (a real server must not answer ARP for the vip
 * when it gets it), files, exports before their server starts, mounts before the services that need them, then daemons in the
 * providers' order, then left-behind addresses. A kind
 * without a turn does not compile, so none can be dropped from a plan.
 */
export const KIND_TURNS: Readonly<Record<Want['kind'], number>> = {
  package: 0,
  packages: 1,
  module: 2,
  sysctl: 3,
  link: 4,
  'local-address': 5,
  file: 6,
  // Before anything starts that binds a port or speaks VRRP.
  selinux: 7,
  firewall: 8,
  exports: 9,
  mount: 10,
  unit: 11,
  daemon: 12,
  'virtual-service': 13,
  address: 14,
}
/** Stable: wants of one kind stay in the order of the providers. */
const ordered = (wants: readonly Want[]): readonly Want[] =>
  wants.toSorted((a, b) => KIND_TURNS[a.kind] - KIND_TURNS[b.kind])

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
