// Looks at everything the wants speak of. Decides nothing.
import { parseServersState } from './providers/haproxy/live.ts'
import type { Engine } from './engine.ts'
import { ETAB_PATH } from './kinds/exports.ts'
import { DROP_IN_PATH, RULES_PATH } from './kinds/nftables.ts'
import { moduleFile } from './kinds/module.ts'
import { sysctlFile } from './kinds/sysctl.ts'
import { type Memory, originalPath } from './memory.ts'
import { observeIpvs } from './observe-ipvs.ts'
import { knownRetired } from './plan/retired.ts'
import type { Facts, Observed, ObservedDaemon, Want } from './plan/types.ts'
import { type Asked, readFirewall } from './observe-firewall.ts'
import { readSelinux } from './observe-selinux.ts'
import { readModules, readMounts, readPackages, readUnits } from './observe-host.ts'
import { provenDigest } from './proof.ts'
import type { Vault } from './vault.ts'
import type { Daemon, FileState, World } from './world.ts'

export type ObserveInput = {
  readonly world: World
  readonly engines: Readonly<Record<string, Engine>>
  readonly memory: Memory
  readonly vault?: Pick<Vault, 'usable'> | undefined
  readonly facts: Facts
  readonly wants: readonly Want[]
  readonly heldByPeer: ReadonlyMap<string, string>
  readonly signal: AbortSignal
  /** Proofs that still hold, by daemon name: see ProofCache. */
  readonly proofs: ProofCache
}

/**
 * A dump costs keepalived a file and us a wait, so a proof is kept while the process is the same one, and
 * no longer than PROOF_AGE_MS. After each of our own actions the pass drops it and asks anew.
 */
export type ProofCache = Map<
  string,
  { readonly pid: number; readonly digest: string; readonly atMs: number }
>
const PROOF_AGE_MS = 60_000
/** firewall-cmd and semanage are Python programs that may wait for a lock. */
const ASK_TIMEOUT_MS = 20_000

export async function observe(input: ObserveInput): Promise<Observed> {
  const { world, memory, wants, facts } = input
  const daemons = wants.flatMap((w) => (w.kind === 'daemon' ? [w] : []))
  const retired = knownRetired.filter(
    (k) =>
      memory.meta().ours.includes(k.path) && !daemons.some((d) => d.daemon.name === k.daemon.name),
  )
  const paths = [
    ...wants.flatMap(filesOf),
    ...retired.map((k) => k.path),
    ...memory
      .owned()
      .flatMap(({ remove }) =>
        remove.flatMap((r) => ('path' in r && r.do !== 'unmount' ? [r.path] : [])),
      ),
  ]
  const [files, originals, states, sysctls, servers, units, modules, packages, mounts, table] =
    await Promise.all([
      readFiles(world, paths),
      readOriginals(input, paths),
      observeDaemons(input, [...daemons.map((d) => d.daemon), ...retired.map((k) => k.daemon)]),
      readSysctls(world, wants),
      readServers(world, wants),
      readUnits(world, wants),
      readModules(world, wants),
      readPackages(world, wants, facts),
      readMounts(world, wants),
      observeIpvs(world, wants, input.signal),
    ])
  const security = await readSecurity(input)
  return {
    ...security,
    files,
    good: input.vault?.usable(memory.good()) ?? memory.good(),
    originals,
    daemons: states,
    sysctls,
    addresses: facts.addresses,
    servers,
    heldByPeer: input.heldByPeer,
    ours: new Set(memory.meta().ours),
    packages,
    units,
    modules,
    mounts,
    links: facts.interfaces,
    ...table,
    owned: memory.owned(),
  }
}

/** Files whose content a want speaks of. */
function filesOf(want: Want): readonly string[] {
  switch (want.kind) {
    case 'file':
      return [want.file.path]
    case 'sysctl':
      return [sysctlFile(want.key)]
    case 'firewall':
      return [RULES_PATH, DROP_IN_PATH]
    case 'module':
      return [moduleFile(want.name)]
    case 'mount':
      return want.units === undefined
        ? []
        : [want.units.mount.file.path, want.units.automount.file.path]
    case 'exports':
      return [want.file.path, ETAB_PATH]
    case 'daemon':
    case 'unit':
      return want.files.map((f) => f.path)
    default:
      return []
  }
}

/** What these programs say is as expensive as a daemon's dump, and kept as long (PROOF_AGE_MS). */
const askedSeldom =
  ({ world, proofs }: ObserveInput): Asked =>
  async (argv) => {
    const key = argv.join(' ')
    const now = world.clock.monotonic()
    const known = proofs.get(key)
    if (known !== undefined && now - known.atMs < PROOF_AGE_MS) {
      return { code: known.pid, stdout: known.digest }
    }
    const { code, stdout } = await world.host.run(argv, ASK_TIMEOUT_MS)
    // A program that was killed said nothing.
    if (code !== null) proofs.set(key, { pid: code, digest: stdout, atMs: now })
    return { code, stdout }
  }

async function readSecurity(input: ObserveInput): Promise<Pick<Observed, 'firewall' | 'selinux'>> {
  const asked = askedSeldom(input)
  const wall = input.wants.find((want) => want.kind === 'firewall')
  const policy = input.wants.some(
    (w) => w.kind === 'selinux' && w.manage !== 'off' && w.mode !== 'disabled',
  )
  return {
    // One that does not answer is left as it is (kinds/firewall.ts): it must not keep the proxy from its spec.
    ...(wall === undefined
      ? {}
      : await readFirewall(input.world, wall, asked).then(
          (firewall) => ({ firewall }),
          () => ({}),
        )),
    ...(policy ? { selinux: await readSelinux(asked) } : {}),
  }
}

async function readFiles(world: World, paths: readonly string[]) {
  const files = new Map<string, FileState>()
  for (const path of new Set(paths)) {
    const file = await world.host.read(path)
    if (file !== undefined) files.set(path, file)
  }
  return files
}

/** Only where they can still matter: until a configuration of ours is proved, the original is the way back. */
async function readOriginals({ world, memory }: ObserveInput, paths: readonly string[]) {
  const originals = new Map<string, string>()
  for (const path of paths) {
    if (!memory.meta().ours.includes(path) || memory.good().has(path)) continue
    const file = await world.host.read(originalPath(memory.directory, path))
    if (file !== undefined) originals.set(path, file.body)
  }
  return originals
}

async function observeDaemons(input: ObserveInput, daemons: readonly Daemon[]) {
  const states = new Map<string, ObservedDaemon>()
  await Promise.all(
    daemons.map(async (daemon) => {
      const status = await input.world.host.supervisor.status(daemon)
      const digest = status.running ? await digestOf(input, daemon, status.pid) : ''
      states.set(daemon.name, { ...status, digest })
    }),
  )
  return states
}

async function digestOf(input: ObserveInput, daemon: Daemon, pid: number): Promise<string> {
  const engine = input.engines[daemon.name]
  if (engine === undefined) return ''
  const now = input.world.clock.monotonic()
  const cached = input.proofs.get(daemon.name)
  const fresh = cached !== undefined && cached.pid === pid && now - cached.atMs < PROOF_AGE_MS
  if (fresh && engine.proof.by === 'dump') return cached.digest
  const daemons = new Map([[daemon.name, daemon]])
  const digest = await provenDigest({ world: input.world, signal: input.signal, daemons }, engine)
  if (digest !== '') input.proofs.set(daemon.name, { pid, digest, atMs: now })
  return digest
}

async function readSysctls(world: World, wants: readonly Want[]) {
  const values = new Map<string, string>()
  for (const want of wants) {
    if (want.kind !== 'sysctl') continue
    const value = await world.host.sysctl(want.key)
    if (value !== undefined) values.set(want.key, value)
  }
  return values
}

/** Throws when a running haproxy gives no answer: "no servers" would be a plan made from a wrong picture. */
async function readServers(world: World, wants: readonly Want[]): Promise<Observed['servers']> {
  const want = wants.find((w) => w.kind === 'daemon' && w.live !== undefined)
  if (want?.kind !== 'daemon' || want.live === undefined) return new Map()
  if (!(await world.host.supervisor.status(want.daemon)).running) return new Map()
  try {
    return parseServersState(await world.host.ask(want.live.socket, 'show servers state'))
  } catch (thrown) {
    if (await answersAtAll(world, want.live.socket)) throw thrown
    // A hand-made haproxy has no socket of ours: the daemon step replaces its configuration.
    return new Map()
  }
}

/** Asked a second time: a socket that answers now failed for a moment, one that does not is not there. */
async function answersAtAll(world: World, socket: string): Promise<boolean> {
  try {
    await world.host.ask(socket, 'show info')
    return true
  } catch {
    return false
  }
}
