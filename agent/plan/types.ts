// Desired, observed, plan: the three nouns, kept apart.
import type { Action } from '../action.ts'
import type { Version } from '../engine.ts'
import type { MountRow, WantStorage } from './storage.ts'
import type { FirewallState, SelinuxState, WantFirewall, WantSelinux } from './security.ts'
import type { Bind, Daemon, FileState, KernelAddress, KernelInterface } from '../world.ts'
export type * from './storage.ts'

export type * from './security.ts'

/** What the node is, probed once and on package change. */
export type Facts = {
  readonly node: string
  readonly interfaces: readonly KernelInterface[]
  readonly addresses: readonly KernelAddress[]
  /** Probed engine versions; a missing key means not installed. */
  readonly engines: Readonly<
    Record<string, { readonly version: Version; readonly features: readonly string[] }>
  >
  readonly supervisor: 'systemd' | 'builtin'
  readonly packager: 'apt' | 'dnf' | 'none'
  /** Hard limit of open files for a daemon: haproxy needs about 2 per connection. */
  readonly filesMax: number
  readonly cpus: number
  /** Users that exist and can be switched to (a rootless lab has only root). */
  readonly users: readonly string[]
  /** Groups of this machine by name, with their numbers; absent where nobody looked. */
  readonly groups?: Readonly<Record<string, number>>
  /** /dev/log exists. */
  readonly syslog: boolean
  /** Release of the running kernel, [6, 1, 0]; empty when it does not say. */
  readonly kernel: Version
  /** What filters packets here: firewalld where it runs, else nftables where it has a ruleset. */
  readonly firewall: 'firewalld' | 'nftables' | 'none'
  readonly selinux: 'enforcing' | 'permissive' | 'disabled'
  /** Default gateways; absent where nobody looked. */
  readonly gateways?: readonly string[]
}

/** Classes of traffic impact, FIELD 4.4 and 4.6, mildest first. */
export const IMPACTS = [
  'quiet',
  'live',
  'reload',
  'blinks',
  'moves',
  'needs-barrier',
  'destroys',
] as const
export type Impact = (typeof IMPACTS)[number]

export type WantFile = {
  readonly path: string
  readonly body: string
  readonly mode: number
  /** Group of the file; absent: whatever it is. */
  readonly gid?: number
}
/** A daemon with its configuration: one check, one reload, one proof. */
export type WantDaemon = {
  readonly kind: 'daemon'
  readonly engine: string
  readonly daemon: Daemon
  /** The first is the main configuration. */
  readonly files: readonly WantFile[]
  /** What the running process must report. */
  readonly digest: string
  readonly binds: readonly Bind[]
  /** Vips that suffer when it does. */
  readonly vips: readonly string[]
  /** Class and operator's words for going from the text on disk (undefined: none) to the wanted one. */
  readonly impact: (have: string | undefined) => { readonly impact: Impact; readonly says: string }
  readonly live?: WantLive
}
/** Settings of the running process that need no reload: server weights and states. Keys "pool/server". */
export type WantLive = {
  readonly socket: string
  readonly servers: Readonly<
    Record<string, { readonly weight: number; readonly state: 'ready' | 'drain' | 'maint' }>
  >
}
export type WantPackage = {
  readonly kind: 'package'
  readonly engine: string
  readonly names: Readonly<Record<'apt' | 'dnf', string>>
}
/** Programs of the operator's choice, in the packager's own names. */
export type WantPackages = {
  readonly kind: 'packages'
  /** Of the section or service that asks for them. */
  readonly name: string
  readonly names: readonly string[]
}
export type WantSysctl = {
  readonly kind: 'sysctl'
  readonly key: string
  readonly value: string
  readonly why: string
}
/** Vip addresses that the node must not hold while VRRP says another does. */
export type WantNoOrphans = {
  readonly kind: 'address'
  readonly vip: string
  readonly addresses: readonly string[]
  readonly mayHold: boolean
}
/** A file that is not the configuration of a daemon of ours, and what makes it count. */
export type WantPlainFile = {
  readonly kind: 'file'
  readonly file: WantFile
  readonly why: string
  /** After it is written, and after it is taken away again. */
  readonly after: readonly Action[]
  readonly impact: Impact
  /** In the operator's words. */
  readonly says: string
}
/** A systemd unit that somebody else ships, with configuration files of ours. */
export type WantUnit = {
  readonly kind: 'unit'
  readonly unit: string
  readonly state: 'running' | 'stopped'
  /** Starts at boot (systemctl enable). */
  readonly boot: boolean
  /** What a changed file needs. */
  readonly change: 'reload' | 'restart'
  readonly files: readonly WantFile[]
  /** The program's own check of what stands on disk; runs after the files are written. */
  readonly check?: readonly string[]
  readonly why: string
}
export type WantModule = { readonly kind: 'module'; readonly name: string; readonly why: string }
/** An address of ours on an interface, for instance a vip on the loopback of an LVS real server. */
export type WantLocalAddress = {
  readonly kind: 'local-address'
  readonly address: KernelAddress
  readonly why: string
}
/** A network interface that a kernel module brings and nothing else sets up (tunl0). */
export type WantLink = { readonly kind: 'link'; readonly interface: string; readonly why: string }
export type VirtualPlace = { readonly address: string; readonly port: number }
export type VirtualServer = VirtualPlace & { readonly name: string; readonly weight: number }
/**
 * A row of the IPVS table. keepalived makes it and its checks decide which servers stand there; wanted is only that
 * the kernel's table is what keepalived takes it for.
 */
export type WantVirtualService = {
  readonly kind: 'virtual-service'
  /** keepalived, whose checks decide. */
  readonly daemon: Daemon
  /** It can be asked what its checks found. */
  readonly tells: boolean
  /** Of the configuration that its checkers must have loaded before their word counts. */
  readonly digest: string
  readonly service: Omit<IpvsService, 'reals' | 'persistence'> & {
    readonly persistence?: { readonly seconds: number; readonly prefix: number }
  }
  readonly method: 'dr' | 'nat' | 'tun'
  readonly servers: readonly VirtualServer[]
  readonly sorry?: VirtualServer
  readonly vip: string
}
export type Want =
  | WantDaemon
  | WantFirewall
  | WantSelinux
  | WantPackage
  | WantPackages
  | WantSysctl
  | WantNoOrphans
  | WantPlainFile
  | WantUnit
  | WantModule
  | WantLocalAddress
  | WantLink
  | WantVirtualService
  | WantStorage

/** Actions that take something of ours away; the only ones that are kept on disk for later. */
export type Removal = Extract<
  Action,
  { do: 'remove' | 'restore-original' | 'run' | 'sysctl' | 'drop-address' | 'unmount' }
>
/**
 * What a step leaves on the host beyond daemons, and how it goes when nothing wants it any more. Recorded
 * before the step's commit, so that it is known also after kill -9. What was there before us is not owned.
 */
export type Owned = {
  /** `${kind}:${name}`, as the step's id. */
  readonly id: string
  /** Of its removal, in the operator's words. */
  readonly says: string
  readonly remove: readonly Removal[]
}

export type ObservedDaemon = {
  readonly running: boolean
  readonly pid: number
  readonly restarts: number
  /** Read back from the running process; '' when it does not say. */
  readonly digest: string
}
export type UnitState = {
  /** systemd knows the unit. */
  readonly loaded: boolean
  /** ActiveState of systemctl(1): active, inactive, failed, activating, deactivating, reloading. */
  readonly active: string
  /** UnitFileState: enabled, disabled, static, masked ...; '' for a unit without a file. */
  readonly boot: string
}
/** A virtual service in the kernel's IPVS table. */
export type IpvsService = VirtualPlace & {
  readonly protocol: 'tcp' | 'udp'
  readonly scheduler: string
  /** Clients of one network of this prefix length stay on one server for so long, in ticks of the kernel's HZ. */
  readonly persistence?: { readonly ticks: number; readonly prefix: number }
  readonly reals: readonly IpvsReal[]
}
export type IpvsReal = VirtualPlace & {
  /** local: the kernel delivers to itself, whatever method was asked for. */
  readonly method: 'dr' | 'nat' | 'tun' | 'local' | 'bypass'
  readonly weight: number
  /** Connections. */
  readonly active: number
  readonly inactive: number
}
/** What keepalived's checks make of a virtual service. */
export type CheckedService = {
  /** Its servers as "address:port", with whether it holds them to be in the table. */
  readonly rows: ReadonlyMap<string, boolean>
  /** false: the sorry server stands in for them. */
  readonly quorum: boolean
}
export type Observed = {
  /** Absent: no want speaks of it. */
  readonly firewall?: FirewallState
  readonly selinux?: SelinuxState
  readonly files: ReadonlyMap<string, FileState>
  /** What last proved to load, by path. */
  readonly good: ReadonlyMap<string, string>
  /** Hand-made texts that were kept before we wrote over them and that nothing proved has replaced yet. */
  readonly originals: ReadonlyMap<string, string>
  readonly daemons: ReadonlyMap<string, ObservedDaemon>
  readonly sysctls: ReadonlyMap<string, string>
  readonly addresses: readonly KernelAddress[]
  /** haproxy's live servers, keys "pool/server"; empty when it does not run. */
  readonly servers: ReadonlyMap<
    string,
    { readonly weight: number; readonly state: 'ready' | 'drain' | 'maint' }
  >
  /** Vips that a reachable peer's kernel holds: vip -> node. */
  readonly heldByPeer: ReadonlyMap<string, string>
  /** Paths that some pass of ours wrote (memory): anything else is a hand-made original. */
  readonly ours: ReadonlySet<string>
  /** Installed packages, of those that are wanted. */
  readonly packages: ReadonlySet<string>
  /** systemd units by name, those that are wanted. */
  readonly units: ReadonlyMap<string, UnitState>
  /** Kernel modules that are loaded or built in, of those that are wanted. */
  readonly modules: ReadonlySet<string>
  readonly links: readonly KernelInterface[]
  /** The kernel's IPVS table. */
  readonly ipvs: readonly IpvsService[]
  /** By `tcp 192.0.2.1:80`; empty where keepalived was not asked or did not say. */
  readonly checked: ReadonlyMap<string, CheckedService>
  /** What is mounted at the paths that are wanted, the topmost last. */
  readonly mounts: ReadonlyMap<string, readonly MountRow[]>
  /** What steps of ours left here (memory). */
  readonly owned: readonly Owned[]
}

export type Step = {
  /** `${kind}:${name}`, one spelling in plans, logs, reports. */
  readonly id: string
  readonly why: string
  readonly impact: Impact
  /** The impact in the operator's words. */
  readonly says: string
  readonly vips: readonly string[]
  /** Things that vanish, counted by the guard. */
  readonly removes: number
  /** Before anything that runs is touched; a failure here only cleans up. */
  readonly prepare: readonly Action[]
  readonly commit: readonly Action[]
  /** After a failure in commit: back to what last loaded. */
  readonly undo: readonly Action[]
  /** After a failure in prepare, and after success. */
  readonly cleanup: readonly Action[]
  readonly owns?: readonly Owned[]
  /** For `hactl plan`: text before and after, by path. */
  readonly diff: readonly {
    readonly path: string
    readonly have: string | undefined
    readonly want: string | undefined
  }[]
}
export type Kept = { readonly id: string; readonly why: string }
/** What a kind answers: a step, or why none is needed. */
export type Diffed = { readonly step?: Step; readonly kept?: Kept }
export type Plan = {
  readonly node: string
  readonly digest: string
  readonly steps: readonly Step[]
  readonly kept: readonly Kept[]
  /** What was left out for this node's engine versions, and why. */
  readonly notes: readonly string[]
  /** What the machine lacks now, an interface without its address for one: nothing must be changed. */
  readonly unmet?: readonly string[]
}

/** spec -> wants. Pure: no fs, no net, no process, no clock. */
export type Provider = {
  readonly name: string
  compile(
    cluster: import('../../spec/cluster.ts').Cluster,
    facts: Facts,
  ): {
    readonly wants: readonly Want[]
    readonly notes: readonly string[]
    readonly unmet?: readonly string[]
  }
}
