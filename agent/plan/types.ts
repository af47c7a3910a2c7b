// Desired, observed, plan: the three nouns, kept apart.
import type { Action } from '../action.ts'
import type { Version } from '../engine.ts'
import type { Bind, Daemon, FileState, KernelAddress, KernelInterface } from '../world.ts'

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
  /** /dev/log exists. */
  readonly syslog: boolean
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

export type WantFile = { readonly path: string; readonly body: string; readonly mode: number }
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
export type Want = WantDaemon | WantPackage | WantSysctl | WantNoOrphans

export type ObservedDaemon = {
  readonly running: boolean
  readonly pid: number
  readonly restarts: number
  /** Read back from the running process; '' when it does not say. */
  readonly digest: string
}
export type Observed = {
  readonly files: ReadonlyMap<string, FileState>
  /** What last proved to load, by path. */
  readonly good: ReadonlyMap<string, string>
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
  /** For `hactl plan`: text before and after, by path. */
  readonly diff: readonly {
    readonly path: string
    readonly have: string | undefined
    readonly want: string | undefined
  }[]
}
export type Kept = { readonly id: string; readonly why: string }
export type Plan = {
  readonly node: string
  readonly digest: string
  readonly steps: readonly Step[]
  readonly kept: readonly Kept[]
  /** What was left out for this node's engine versions, and why. */
  readonly notes: readonly string[]
}

/** spec -> wants. Pure: no fs, no net, no process, no clock. */
export type Provider = {
  readonly name: string
  compile(
    cluster: import('../../spec/cluster.ts').Cluster,
    facts: Facts,
  ): { readonly wants: readonly Want[]; readonly notes: readonly string[] }
}
