// A plan that was read by a person: what it was made of, and whether all of that is still so when it is pushed.
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { IMPACTS } from '../agent/plan/types.ts'
import { sha256 } from '../spec/hash.ts'
import { oneOf } from '../spec/names.ts'
import type { ClusterStatus } from '../spec/status.ts'
import { EXIT, Exit } from './exit.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { plain, short, when } from './print.ts'
import { VERSION } from './version.ts'

/** Longer than a review takes, shorter than anybody remembers what he read. */
export const PLAN_AGE_MS_MAX = 24 * 3_600_000
/** Clocks of two machines; a plan from further ahead was made by a clock that is wrong. */
const CLOCKS_MS_MAX = 5 * 60_000
const REASONS_MAX = 20

const closed = { additionalProperties: false }
/** What a node ran, and how far it was from that. */
export const PlannedNode = Type.Object(
  { node: Type.String(), running: Type.String(), drift: Type.Array(Type.String()) },
  closed,
)
export type PlannedNode = Static<typeof PlannedNode>
const PlannedStep = Type.Object(
  {
    id: Type.String(),
    impact: oneOf(IMPACTS, 'what traffic feels of it'),
    why: Type.String(),
    says: Type.String(),
  },
  closed,
)
export const Base = Type.Object(
  {
    of: oneOf(['hub', 'git'], 'where it is pushed to'),
    /** Address of the hub, or branch, remote and path. */
    place: Type.String(),
    /** Newest one of the hub; 0 for none, and for git. */
    revision: Type.Integer({ minimum: 0 }),
    /** '' for a hub, and for a branch without any. */
    commit: Type.String(),
    /** Of the text that is there; '' for none. */
    sha256: Type.String(),
  },
  closed,
)
export type Base = Static<typeof Base>

export const PlanFile = Type.Object(
  {
    plan: Type.Literal(1),
    /** Another version may make other steps of the same spec. */
    hactl: Type.String(),
    at: Type.Integer(),
    file: Type.String(),
    cluster: Type.String(),
    digest: Type.String(),
    sha256: Type.String(),
    base: Base,
    /** Empty where no hub was asked. */
    nodes: Type.Array(PlannedNode),
    changes: Type.Array(
      Type.Object({ node: Type.String(), steps: Type.Array(PlannedStep) }, closed),
    ),
  },
  closed,
)
export type PlanFile = Static<typeof PlanFile>

/** @throws Exit usage; what another version wrote is told so before its shape is. */
export async function readPlan(io: Io, file: string): Promise<PlanFile> {
  const text = await readText(io, file)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (Value.Check(PlanFile, value)) return value
  const by = Value.Check(Type.Object({ plan: Type.Integer(), hactl: Type.String() }), value)
    ? `it was made by hactl ${plain(value.hactl)}, this is ${VERSION}`
    : 'it is no plan'
  throw new Exit(EXIT.usage, `cannot use ${file}: ${by}`, 'hactl plan FILE --out makes one')
}

export const plannedNodes = ({ nodes }: ClusterStatus): readonly PlannedNode[] =>
  nodes.map(({ node, summary, report }) => ({
    node,
    running: summary?.running ?? '',
    drift: [...(report?.drift ?? [])].sort(),
  }))

/** What the plan's parts are now. */
export type Now = {
  readonly at: number
  readonly text: string
  readonly base: Base
  /** Who made the newest revision or commit there, and why; '' when not known. */
  readonly by: string
  /** undefined where no hub is asked. */
  readonly nodes: readonly PlannedNode[] | undefined
}

const onlyIn = (some: readonly string[], others: readonly string[]) =>
  some.filter((one) => !others.includes(one))

function nodeReasons(was: readonly PlannedNode[], now: readonly PlannedNode[]): readonly string[] {
  const names = [...new Set([...was, ...now].map(({ node }) => node))].sort()
  return names.flatMap((name) => {
    const before = was.find(({ node }) => node === name)
    const after = now.find(({ node }) => node === name)
    if (before === undefined) return [`${name} is a node of the cluster by now`]
    if (after === undefined) return [`${name} is no node of the cluster any more`]
    const runs = (digest: string) => (digest === '' ? 'nothing that is known' : short(digest))
    return [
      ...(before.running === after.running
        ? []
        : [`${name} ran ${runs(before.running)}, and runs ${runs(after.running)} now`]),
      ...onlyIn(after.drift, before.drift).map((what) => `${name} drifted: ${what}`),
      ...onlyIn(before.drift, after.drift).map((what) => `${name} no longer drifts: ${what}`),
    ]
  })
}

function baseReason(plan: PlanFile, { base, by }: Now): readonly string[] {
  const was = plan.base
  const who = by === '' ? '' : `: ${by}`
  if (was.of !== base.of)
    return [`it was made for ${was.of === 'hub' ? 'a hub' : 'a repository'} (${was.place})`]
  // Commits that leave the spec alone are other people's work.
  if (was.of === 'git')
    return was.sha256 === base.sha256
      ? []
      : [`the spec at ${base.place} is another one since commit ${base.commit.slice(0, 12)}${who}`]
  if (was.revision === base.revision && was.sha256 === base.sha256) return []
  const from = was.revision === 0 ? 'nothing' : `revision ${was.revision}`
  return [
    base.revision === was.revision
      ? `revision ${was.revision} of ${base.place} has another text: is it the same hub?`
      : `it started from ${from}, and the newest is ${base.revision} now${who}`,
  ]
}

const hours = (ms: number): string => `${Math.floor(ms / 3_600_000)} h`

/** Why the plan no longer says what a push would do; empty when it does. Pure. */
export function staleness(plan: PlanFile, now: Now): readonly string[] {
  const ageMs = now.at - plan.at
  return [
    ...(plan.hactl === VERSION
      ? []
      : [`it was made by hactl ${plan.hactl}, and this is ${VERSION}`]),
    ...(ageMs > PLAN_AGE_MS_MAX
      ? [`it is ${hours(ageMs)} old, and ${hours(PLAN_AGE_MS_MAX)} is the most`]
      : []),
    ...(ageMs < -CLOCKS_MS_MAX ? [`it is from ${when(plan.at)}, which is not yet`] : []),
    ...(sha256(now.text) === plan.sha256 ? [] : [`${plan.file} has changed`]),
    ...baseReason(plan, now),
    ...(plan.nodes.length > 0 && now.nodes === undefined
      ? ['it says what nodes ran, and no hub is given to compare that with']
      : []),
    ...(plan.nodes.length === 0 || now.nodes === undefined
      ? []
      : nodeReasons(plan.nodes, now.nodes)),
  ]
}

/** Throws Exit(conflict) that says all of it. */
export function refuseStale(plan: PlanFile, now: Now): void {
  const reasons = staleness(plan, now)
  if (reasons.length === 0) return
  const shown = reasons.slice(0, REASONS_MAX)
  const left = reasons.length - shown.length
  const says = [...shown, ...(left === 0 ? [] : [`${left} more`])].map((text) => plain(text))
  throw new Exit(
    EXIT.conflict,
    `cannot push: the plan of ${when(plan.at)} is stale: ${says.join('; ')}`,
    `make and read it anew: hactl plan ${plain(plan.file)} --out FILE`,
  )
}
