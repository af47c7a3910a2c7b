// What the agent watches between passes for its vips and for its report: mounts by children, units by one question a second.
import type { Cluster } from '../spec/cluster.ts'
import type { MountState } from '../spec/report.ts'
import { type Prober, startHealthProber } from './host/health-prober.ts'
import { startMountProber } from './host/mount-prober.ts'
import { startUnitWatch } from './host/unit-watch.ts'
import { decidingTargets, drainTargets, type HealthTarget, splitTargets } from './health-targets.ts'
import type { MountHealth } from './kinds/mount-health.ts'
import { sourceOf } from './providers/nfs-client/units.ts'
import type { Status } from './status.ts'
import type { World } from './world.ts'
import type { Yielding } from './yield.ts'

export type Watched = {
  readonly world: World
  readonly status: Status
  readonly node: string
  /** Of the health files. */
  readonly directory: string
  /** undefined while no spec is known. */
  readonly cluster: () => Cluster | undefined
  /** What the node proved last; undefined before. */
  readonly proven: () => Cluster | undefined
  readonly log: (line: string) => void
  /** Vips that this node gives up to a peer that holds them too. */
  readonly yields: ReadonlyMap<string, Yielding>
  /** Whether a vip stays, as far as orders go. */
  readonly keeps: (vip: string) => boolean | undefined
}

/** Runs until closed; no pass waits for any of it. */
export function startWatches(watched: Watched): Prober {
  const { world, status, node, cluster } = watched
  const targets = (): readonly HealthTarget[] => {
    const now = cluster()
    if (now === undefined) return []
    return [
      ...decidingTargets(now, watched.proven(), node),
      ...splitTargets(now, node),
      ...drainTargets(now, node),
    ]
  }
  const told = tellMounts(watched)
  const mounts = startMountProber({
    ...world,
    log: watched.log,
    mounts: () =>
      told.keep(
        (cluster()?.mounts ?? [])
          .filter((one) => one.nodes.includes(node))
          .map((one) => ({ name: one.name, path: one.path, source: sourceOf(one) })),
      ),
    onProbe: told.probed,
  })
  const units = startUnitWatch({
    ...world,
    units: () => targets().flatMap(({ url }) => /^unit:(.*)$/.exec(url)?.[1] ?? []),
  })
  const local = (url: string): boolean | undefined => {
    const words = /^(?:unit:(.*)|mount:(.*)|split:(.*)|drain:(.*))$/.exec(url) ?? []
    const [, unit, path = '', split, drain] = words
    if (drain !== undefined) return watched.keeps(drain)
    if (split !== undefined) return (watched.yields.get(split)?.to ?? '') === ''
    if (unit !== undefined) return units.runs(unit)
    const health = mounts.health(path)
    return health === undefined ? undefined : health.state === 'ok'
  }
  const unfit = new Set<string>()
  const prober = startHealthProber({
    ...world,
    directory: watched.directory,
    intervalMs: 200,
    rise: 2,
    fall: 3,
    targets,
    local,
    onRound: (vip, healthy) => {
      if (healthy === !unfit.has(vip)) return
      if (healthy) unfit.delete(vip)
      else unfit.add(vip)
      status.unfit('health', [...unfit])
    },
    onChange: (vip, healthy, dead) => {
      // Giving way, and giving up by order, are said where they are decided.
      if (dead.length > 0 && dead.every((url) => /^(?:split|drain):/.test(url))) return
      const what = dead.map(targetText).join(', ')
      status.event(
        'daemon',
        `vip ${vip}: ${healthy ? 'all it needs answers again' : `${what} does not answer`}`,
      )
    },
  })
  return {
    close: async () => {
      await Promise.all([prober.close(), mounts.close(), units.close()])
    },
  }
}

const targetText = (url: string): string =>
  /^(?:unit|mount):/.test(url) ? url.replace(':', ' ') : 'the proxy'

type Told = {
  /** Mounts that left the spec leave the report. */
  keep<T extends { readonly path: string }>(mounts: readonly T[]): readonly T[]
  probed(mount: Pick<MountState, 'name' | 'path' | 'source'>, health: MountHealth): void
}

/** Into the report and the events, when it changes. */
function tellMounts({ world, status }: Watched): Told {
  let states: readonly MountState[] = []
  const tell = (next: readonly MountState[]): void => {
    states = next
    status.details({ mounts: next })
  }
  return {
    keep(mounts) {
      const left = states.filter(({ path }) => mounts.some((one) => one.path === path))
      if (left.length < states.length) tell(left)
      return mounts
    },
    probed({ name, path, source }, { state, why }) {
      const before = states.find((one) => one.path === path)
      if (before?.state === state && before.why === why && before.source === source) return
      const since = before?.state === state ? before.since : world.clock.now()
      const now: MountState = { name, path, source, state, why, since }
      tell(
        [...states.filter((one) => one.path !== path), now].sort((a, b) =>
          a.path < b.path ? -1 : 1,
        ),
      )
      if (before?.state === state || (before === undefined && state === 'ok')) return
      const says = state === 'ok' ? 'answers' : `is ${state}: ${why}`
      status.event('daemon', `mount ${name} (${source} at ${path}) ${says}`)
    },
  }
}
