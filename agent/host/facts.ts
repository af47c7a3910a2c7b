// What the node is, probed by asking it: once, and again after a package change.
import { availableParallelism } from 'node:os'
import type { Facts } from '../plan/types.ts'
import type { Host } from '../world.ts'
import { type EngineFacts, parseHaproxy, parseKeepalived, parseNginx } from './facts/engines.ts'
import { parseFilesMax } from './facts/process-limits.ts'
import { parseGroups, parseUsers } from './facts/users.ts'
import { processEventsIn } from '../providers/keepalived/profiles.ts'

const PROBE_TIMEOUT_MS = 5_000

const PROBES: readonly {
  readonly name: string
  readonly argv: readonly string[]
  readonly parse: (text: string) => EngineFacts | undefined
}[] = [
  { name: 'haproxy', argv: ['haproxy', '-vv'], parse: parseHaproxy },
  { name: 'keepalived', argv: ['keepalived', '-v'], parse: parseKeepalived },
  { name: 'nginx', argv: ['nginx', '-V'], parse: parseNginx },
]

async function probeEngines(host: Host): Promise<Facts['engines']> {
  const found = await Promise.all(
    PROBES.map(async ({ name, argv, parse }) => {
      const { stdout, stderr } = await host.run(argv, PROBE_TIMEOUT_MS)
      const facts = parse(`${stdout}\n${stderr}`)
      return facts === undefined ? [] : [[name, facts] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}

const PACKAGERS: readonly (readonly ['apt' | 'dnf', readonly string[]])[] = [
  ['apt', ['apt-get']],
  ['dnf', ['dnf', 'yum']],
]

async function probePackager(host: Host): Promise<Facts['packager']> {
  const programs = await host.list('/usr/bin')
  const found = PACKAGERS.find(([, names]) => names.some((name) => programs.includes(name)))
  return found?.[0] ?? 'none'
}

/** Dynamic modules are packages of their own: `module:<file>` for each that is there to be loaded. */
async function withModules(host: Host, engines: Facts['engines']): Promise<Facts['engines']> {
  const { nginx } = engines
  const path = nginx?.features.find((one) => one.startsWith('modules-path='))?.split('=')[1]
  if (nginx === undefined || path === undefined) return engines
  const files = (await host.list(path)).filter((name) => name.endsWith('.so')).sort()
  const modules = files.map((name) => `module:${name}`)
  return { ...engines, nginx: { ...nginx, features: [...nginx.features, ...modules] } }
}

/** Only the first network namespace has the kernel's process connector; a container or a lab node has not. */
function withProcessEvents(engines: Facts['engines'], netlink: string): Facts['engines'] {
  const { keepalived } = engines
  if (keepalived === undefined || !processEventsIn(netlink)) return engines
  return {
    ...engines,
    keepalived: { ...keepalived, features: [...keepalived.features, 'PROC_EVENTS'] },
  }
}

/** firewalld owns the ruleset where it runs; a ruleset without it is somebody's own nftables. */
async function probeFirewall(host: Host): Promise<Facts['firewall']> {
  const firewalld = await host.run(['firewall-cmd', '--state'], PROBE_TIMEOUT_MS)
  if (firewalld.code === 0) return 'firewalld'
  const nft = await host.run(['nft', 'list', 'tables'], PROBE_TIMEOUT_MS)
  return nft.code === 0 && nft.stdout.trim() !== '' ? 'nftables' : 'none'
}

/**
 * selinuxfs says 1 for enforcing, 0 for permissive; it is not there where SELinux is off. A kernel that has it and was
 * given no policy (selinuxfs lists no booleans then) enforces nothing.
 */
async function probeSelinux(host: Host): Promise<Facts['selinux']> {
  const enforce = await host.read('/sys/fs/selinux/enforce')
  const policy = await host.list('/sys/fs/selinux/booleans')
  if (enforce === undefined || policy.length === 0) return 'disabled'
  return enforce.body.trim() === '1' ? 'enforcing' : 'permissive'
}

/** undefined when ip does not say; the plan then says nothing about gateways. */
async function probeGateways(host: Host): Promise<readonly string[] | undefined> {
  const found = await Promise.all(
    ['-4', '-6'].map((family) =>
      host.run(['ip', family, 'route', 'show', 'default'], PROBE_TIMEOUT_MS),
    ),
  )
  if (found.some(({ code }) => code !== 0)) return undefined
  return found.flatMap(({ stdout }) =>
    [...stdout.matchAll(/\bvia (\S+)/g)].map((match) => match[1] ?? ''),
  )
}

/** Everything a plan may depend on. Bounded: commands of 5 s at most, side by side. */
export async function probeFacts(host: Host, node: string): Promise<Facts> {
  const [
    interfaces,
    addresses,
    found,
    packager,
    passwd,
    group,
    uidMap,
    limits,
    devices,
    netlink,
    kernel,
    firewall,
    selinux,
    gateways,
  ] = await Promise.all([
    host.interfaces(),
    host.addresses(),
    probeEngines(host),
    probePackager(host),
    host.read('/etc/passwd'),
    host.read('/etc/group'),
    host.read('/proc/self/uid_map'),
    host.read('/proc/self/limits'),
    host.list('/dev'),
    host.read('/proc/net/netlink'),
    host.read('/proc/sys/kernel/osrelease'),
    probeFirewall(host),
    probeSelinux(host),
    probeGateways(host),
  ])
  return {
    node,
    interfaces,
    addresses,
    engines: withProcessEvents(await withModules(host, found), netlink?.body ?? ''),
    supervisor: host.supervisor.kind,
    packager,
    filesMax: parseFilesMax(limits?.body ?? ''),
    cpus: availableParallelism(),
    users: parseUsers(passwd?.body ?? '', uidMap?.body ?? '0 0 4294967295'),
    groups: parseGroups(group?.body ?? ''),
    syslog: devices.includes('log'),
    kernel: (/^\d+(?:\.\d+)*/.exec(kernel?.body ?? '')?.[0] ?? '')
      .split('.')
      .filter((part) => part !== '')
      .map(Number),
    firewall,
    selinux,
    ...(gateways !== undefined && { gateways }),
  }
}
