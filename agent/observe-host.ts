// Looks at units, packages and kernel modules that wants speak of. Decides nothing.
import { MOUNTINFO_PATH, parseMountinfo } from './kinds/mount-table.ts'
import type { Facts, MountRow, UnitState, Want } from './plan/types.ts'
import { parseUnits, showUnits } from './units.ts'
import type { World } from './world.ts'

const SHOW_TIMEOUT_MS = 5_000
/** rpm waits for its lock while somebody installs. */
const QUERY_TIMEOUT_MS = 20_000

/** One question for all units. Throws when systemd does not answer: "not running" would be a guess. */
export async function readUnits(world: World, wants: readonly Want[]) {
  const names = [...new Set(wants.flatMap(unitsOf))]
  if (names.length === 0) return new Map<string, UnitState>()
  const { code, stdout, stderr } = await world.host.run(showUnits(names), SHOW_TIMEOUT_MS)
  if (code !== 0) throw new Error(`cannot ask systemd for its units: ${stderr.trim()}`)
  const states = parseUnits(stdout)
  return new Map(names.flatMap((name, i) => (states[i] === undefined ? [] : [[name, states[i]]])))
}

function unitsOf(want: Want): readonly string[] {
  if (want.kind === 'unit') return [want.unit]
  if (want.kind !== 'mount' || want.units === undefined) return []
  return [want.units.mount.name, want.units.automount.name]
}

/** From the kernel's table alone: stat, statfs and even mountpoint(1) hang where a server is dead. */
export async function readMounts(world: World, wants: readonly Want[]) {
  const paths = wants.flatMap((w) => (w.kind === 'mount' ? [w.wish.path] : []))
  if (paths.length === 0) return new Map<string, readonly MountRow[]>()
  const rows = parseMountinfo((await world.host.read(MOUNTINFO_PATH))?.body ?? '')
  return new Map(paths.map((path) => [path, rows.filter((row) => row.path === path)]))
}

/** One question for all packages. An unknown name makes both programs exit with an error: it is just not installed. */
export async function readPackages(world: World, wants: readonly Want[], facts: Facts) {
  const names = [...new Set(wants.flatMap((w) => (w.kind === 'packages' ? w.names : [])))]
  if (names.length === 0 || facts.packager === 'none') return new Set<string>()
  const argv = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    apt: ['dpkg-query', '--show', '--showformat=${db:Status-Status} ${Package}\\n', '--', ...names],
    dnf: ['rpm', '--query', '--queryformat', 'installed %{NAME}\\n', '--', ...names],
  }[facts.packager]
  const { code, stdout, stderr } = await world.host.run(argv, QUERY_TIMEOUT_MS)
  if (code === null || code === 127) throw new Error(`cannot ask for packages: ${stderr.trim()}`)
  return new Set([...stdout.matchAll(/^installed (\S+)$/gm)].map((match) => match[1] ?? ''))
}

/** sysfs lists what is loaded, and of what is built in all that has parameters or a version. */
export async function readModules(world: World, wants: readonly Want[]) {
  const names = wants.flatMap((w) => (w.kind === 'module' ? [w.name] : []))
  if (names.length === 0) return new Set<string>()
  const loaded = new Set(await world.host.list('/sys/module'))
  const missing = names.filter((name) => !loaded.has(name))
  const builtin = missing.length === 0 ? new Set<string>() : await builtinModules(world)
  return new Set(names.filter((name) => loaded.has(name) || builtin.has(name)))
}

async function builtinModules(world: World): Promise<ReadonlySet<string>> {
  const release = (await world.host.read('/proc/sys/kernel/osrelease'))?.body.trim() ?? ''
  const list = (await world.host.read(`/lib/modules/${release}/modules.builtin`))?.body ?? ''
  return new Set(
    [...list.matchAll(/([^/\n]+)\.ko$/gm)].map((match) => (match[1] ?? '').replaceAll('-', '_')),
  )
}
