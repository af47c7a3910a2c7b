// Dangerous plans are refused whole, by pure checks, with the override named. It never edits a plan.
import type { Cluster } from '../../spec/cluster.ts'
import { unitId } from '../kinds/unit.ts'
import type { Plan } from './types.ts'

export type Refusal = { readonly code: string; readonly message: string; readonly hint: string }
export type Verdict = { readonly ok: true } | ({ readonly ok: false } & Refusal)

export type GuardInput = {
  readonly plan: Plan
  readonly cluster: Cluster
  /** What this node proved last; undefined before the first. */
  readonly before: Cluster | undefined
  /** Overrides given with the push: 'blink', 'removals', 'empty'. */
  readonly allow: readonly string[]
}

type Guard = (input: GuardInput) => Refusal | undefined

/** First refusal in a fixed order; a plan without steps is never refused. */
export function guard(input: GuardInput): Verdict {
  const refusal = nodeUnknown(input)
  if (refusal !== undefined) return { ok: false, ...refusal }
  if (input.plan.steps.length === 0) return { ok: true }
  for (const check of GUARDS) {
    const found = check(input)
    if (found !== undefined) return { ok: false, ...found }
  }
  return { ok: true }
}

const nodeUnknown: Guard = ({ plan, cluster }) =>
  cluster.nodes.some((n) => n.name === plan.node)
    ? undefined
    : {
        code: 'GUARD_NODE',
        message: `cannot apply: node ${plan.node} is not in the spec`,
        hint: 'add the node, or stop its agent first; what runs there is left as it is',
      }

const poolsEmptied: Guard = ({ cluster, before, allow }) => {
  if (before === undefined || allow.includes('empty')) return undefined
  const emptied = before.pools.filter((old) => {
    const now = cluster.pools.find((p) => p.name === old.name)
    return now !== undefined && usable(old.servers) > 0 && usable(now.servers) === 0
  })
  const unbalanced = before.lvs.filter((old) => {
    const now = cluster.lvs.find((one) => one.name === old.name)
    return now !== undefined && takes(old.servers) && !takes(now.servers)
  })
  const names = [
    ...emptied.map(({ name }) => `pool ${name}`),
    ...unbalanced.map(({ name }) => `virtual service ${name}`),
  ]
  return names.length === 0
    ? undefined
    : {
        code: 'GUARD_EMPTY',
        message: `cannot apply: every server of ${names.join(', ')} goes`,
        hint: 'keep one server ready, or hactl push --allow-empty',
      }
}

const usable = (servers: readonly { readonly state: string }[]) =>
  servers.filter((s) => s.state === 'ready').length

/** Drained is weight 0. */
const takes = (servers: readonly { readonly weight: number }[]) => servers.some((s) => s.weight > 0)

const vrrpWire: Guard = ({ plan, allow }) => {
  if (allow.includes('blink')) return undefined
  const steps = plan.steps.filter(
    (s) => s.impact === 'needs-barrier' || (s.impact === 'blinks' && !isService(s)),
  )
  return steps.length === 0
    ? undefined
    : {
        code: 'GUARD_VRRP',
        message: `cannot apply: ${steps.map((s) => s.says).join('; ')}`,
        hint: 'made node by node, both nodes may hold the vip for seconds; hactl push --allow-blink accepts that',
      }
}

/** Of a service that is no proxy: no vip is in danger, and still it answers nobody for seconds. */
const restarts: Guard = ({ plan, allow }) => {
  if (allow.includes('blink')) return undefined
  const steps = plan.steps.filter((s) => s.impact === 'blinks' && isService(s))
  return steps.length === 0
    ? undefined
    : {
        code: 'GUARD_RESTART',
        message: `cannot apply: ${steps.map((s) => s.says).join('; ')}`,
        hint: 'it answers nobody for seconds; hactl push --allow-blink accepts that, or stop it first: then it is started with its new files',
      }
}

const isService = ({ id }: { readonly id: string }) => id.startsWith(unitId(''))

const destroys: Guard = ({ plan, allow }) => {
  if (allow.includes('empty') || allow.includes('removals')) return undefined
  const steps = plan.steps.filter((s) => s.impact === 'destroys')
  return steps.length === 0
    ? undefined
    : {
        code: 'GUARD_DESTROYS',
        message: `cannot apply: ${steps.map((s) => `${s.id}: ${s.says}`).join('; ')}`,
        hint: 'read hactl plan, then hactl push --allow-removals',
      }
}

const removals: Guard = ({ plan, cluster, allow }) => {
  const count = plan.steps.reduce((sum, s) => sum + s.removes, 0)
  return allow.includes('removals') || count <= cluster.rollout.removalsMax
    ? undefined
    : {
        code: 'GUARD_REMOVALS',
        message: `cannot apply: plan removes ${count} things, limit ${cluster.rollout.removalsMax}`,
        hint: 'read hactl plan, then hactl push --allow-removals',
      }
}

const GUARDS: readonly Guard[] = [poolsEmptied, vrrpWire, restarts, destroys, removals]
