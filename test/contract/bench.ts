// A fake machine with the agent's own observe, plan and apply: the contract suites run on it.
import { applyStep, type Outcome } from '../../agent/apply.ts'
import { type Memory, openMemory } from '../../agent/memory.ts'
import { observe } from '../../agent/observe.ts'
import { type Compiled, planWants } from '../../agent/plan/index.ts'
import { OFFLINE_VERSIONS, offlineFacts } from '../../agent/plan/offline.ts'
import type { Facts, Observed, Plan, Step } from '../../agent/plan/types.ts'
import { engines } from '../../agent/providers/index.ts'
import type { FileState } from '../../agent/world.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost, type FakeHost } from '../fakes/host.ts'
import { arrange, type State } from '../fakes/in-state.ts'
import { fakeRandom } from '../fakes/random.ts'

const STATE_DIRECTORY = '/var/lib/hactl'
/** Of an engine whose version no profile names: newer than all. */
const VERSION_ANY = [99, 0, 0]

export type Looked = { readonly plan: Plan; readonly observed: Observed; readonly facts: Facts }
export type Bench = {
  readonly fake: FakeHost
  readonly memory: Memory
  facts(): Facts
  look(compiled: Compiled): Promise<Looked>
  apply(step: Step, compiled: Compiled): Promise<Outcome>
  arrange(compiled: Compiled, state: State): Promise<void>
}

/** `heldByPeer`: vips that another node's kernel holds, vip to node. */
export async function bench(
  cluster: Cluster,
  node: string,
  heldByPeer: ReadonlyMap<string, string> = new Map(),
): Promise<Bench> {
  const fake = createFakeHost()
  const memory = await openMemory(fake.host, STATE_DIRECTORY)
  const world = { host: fake.host, clock: fakeClock(), random: fakeRandom(1) }
  const { signal } = new AbortController()
  const facts = (): Facts => factsOf(fake, cluster, node)
  return {
    fake,
    memory,
    facts,
    async look(compiled) {
      const now = facts()
      const { wants } = compiled
      const proofs = new Map()
      const input = { world, engines, memory, facts: now, wants, heldByPeer, signal, proofs }
      const observed = await observe(input)
      return { observed, facts: now, plan: planWants(compiled, cluster, now, observed) }
    },
    apply(step, { wants }) {
      const daemons = new Map(
        wants.flatMap((w) => (w.kind === 'daemon' ? [[w.engine, w.daemon] as const] : [])),
      )
      return applyStep({ world, signal, engines, memory, facts: facts(), daemons }, step)
    },
    arrange: ({ wants }, state) => arrange({ fake, memory }, wants, state),
  }
}

/** The engines are the programs that are installed on the fake, the addresses those of its kernel. */
function factsOf(fake: FakeHost, cluster: Cluster, node: string): Facts {
  const facts = offlineFacts(cluster, node)
  const installed = [...fake.programs].map(
    (name) => [name, { version: OFFLINE_VERSIONS[name] ?? VERSION_ANY, features: [] }] as const,
  )
  return {
    ...facts,
    packager: 'apt',
    supervisor: 'systemd',
    engines: Object.fromEntries(installed),
    addresses: [...facts.addresses, ...fake.addresses],
    interfaces: [...facts.interfaces, ...[...fake.ipvs.links].map(([name, up]) => ({ name, up }))],
  }
}

/** Everything outside of the agent's own memory, comparable. Candidates are not loaded by anything. */
export type Picture = {
  readonly files: Readonly<Record<string, FileState | undefined>>
  readonly sysctls: Readonly<Record<string, string>>
  readonly addresses: readonly string[]
  readonly programs: readonly string[]
  /** What the packet filter lets in for us, and what SELinux permits. */
  readonly permits: readonly string[]
  readonly loaded: Readonly<Record<string, string | undefined>>
  /** Interfaces that are up beside eth0. */
  readonly links: readonly string[]
  readonly ipvs: readonly string[]
  /** Modules are not here: one that is loaded harms nobody. */
  readonly units: Readonly<Record<string, { readonly active: string; readonly boot: string }>>
}

const isOurBusiness = (path: string): boolean =>
  !path.startsWith(STATE_DIRECTORY) &&
  !path.startsWith('/tmp/') &&
  !path.endsWith('.hactl-candidate')

export function picture(fake: FakeHost, compiled: Compiled): Picture {
  const names = compiled.wants.flatMap((w) => (w.kind === 'daemon' ? [w.daemon.name] : []))
  return {
    files: Object.fromEntries(
      fake.disk
        .paths()
        .filter(isOurBusiness)
        .map((path) => [path, fake.disk.read(path)]),
    ),
    sysctls: Object.fromEntries([...fake.sysctls].sort()),
    addresses: fake.addresses.map((a) => a.address).sort(),
    programs: [...fake.programs].sort(),
    links: [...fake.ipvs.links].flatMap(([name, up]) => (up ? [name] : [])),
    ipvs: fake.ipvs.rows(),
    permits: [
      ...fake.security.letsIn(),
      ...[...fake.security.booleans].map(([name, on]) => `${name} ${on}`),
      ...[...fake.security.labels].map(String),
    ],
    units: Object.fromEntries([...fake.systemd.units].map(([name, unit]) => [name, { ...unit }])),
    loaded: Object.fromEntries(names.map((name) => [name, fake.daemons.loaded(name)])),
  }
}

/** Applies every step of one plan; the outcomes that are not good, in words. */
export async function applyAll(
  at: Bench,
  compiled: Compiled,
  plan: Plan,
): Promise<readonly string[]> {
  const bad: string[] = []
  for (const step of plan.steps) {
    const outcome = await at.apply(step, compiled)
    if (!outcome.ok) bad.push(`${step.id}: ${outcome.error.message} (${outcome.undone})`)
  }
  return bad
}

export const stepsOf = (plan: Plan): readonly string[] => plan.steps.map((s) => `${s.id}: ${s.why}`)
