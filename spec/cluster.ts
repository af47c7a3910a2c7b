// The normal form of a spec: every default filled in, every reference followed, every map sorted by name.
// Providers read this and never the raw spec, so a default has exactly one home: resolve.ts.
import type { ClusterPool, ClusterVerbatim, ClusterProxy } from './cluster-proxy.ts'
import type { Scheduler } from './lvs.ts'
import type { ClusterNotify } from './notify.ts'
import type { Logs, Stats } from './operations.ts'
import type { ClusterSecret } from './secrets.ts'

export type {
  ClusterServer,
  ClusterCheck,
  ClusterPool,
  ClusterTimeouts,
  ClusterRoute,
  ClusterSite,
  ClusterVerbatim,
  ClusterProxy,
} from './cluster-proxy.ts'

export type Family = 4 | 6
/** An address with its prefix length. */
export type Net = { readonly address: string; readonly prefix: number; readonly family: Family }

export type ClusterLink = { readonly name: string; readonly net: Net; readonly interface?: string }
export type ClusterNode = {
  readonly name: string
  readonly net: Net
  readonly interface?: string
  readonly links: readonly ClusterLink[]
  readonly labels: Readonly<Record<string, string>>
}
export type ClusterPeer = {
  readonly node: string
  readonly priority: number
  readonly address: string
  /** As the spec says; absent: where the address is. */
  readonly interface?: string
}
export type ClusterVip = {
  readonly name: string
  readonly nets: readonly Net[]
  /** Highest priority first. */
  readonly peers: readonly ClusterPeer[]
  readonly vrid: number
  readonly takeoverMs: number
  /** VRRP Advertisement_Interval in milliseconds, a multiple of 10 (centiseconds on the wire). */
  readonly advertMs: number
  readonly preempt: boolean
  /** What the node with the lower priority does when two hold it. */
  readonly onSplit: 'report' | 'yield' | 'fence'
  readonly mode: 'unicast' | 'multicast'
  readonly vrrpVersion: 2 | 3
  readonly trackInterfaces: readonly string[]
  readonly trackServices: readonly string[]
  readonly trackMounts: readonly string[]
  /** Vips of one group move together (vrrp_sync_group). */
  readonly group?: string
  readonly auth?: {
    readonly type: 'pass' | 'ah'
    /** A reference to a secret. */
    readonly password?: string
    /** Path on the peers, where there is no password. */
    readonly include?: string
  }
  /** Words behind an address in keepalived.conf, by the address without its prefix. */
  readonly addressOptions: Readonly<Record<string, string>>
  readonly extra: readonly string[]
}
export type ClusterRollout = {
  readonly removalsMax: number
  readonly peerWaitMs: number
  readonly drift: 'heal' | 'report' | 'pause'
  readonly verify: ClusterVerify
}
/** Verification from outside. */
export type ClusterVerify = {
  readonly by: readonly ('peers' | 'hub')[]
  readonly tries: number
  readonly timeoutMs: number
  readonly answers: 'same' | 'any'
}

/** A real server or sorry server of a virtual service. */
export type ClusterReal = {
  readonly name: string
  /** One for each address family it can be reached by, in the order of the vip's. */
  readonly addresses: readonly Pick<Net, 'address' | 'family'>[]
  readonly port: number
  /** The node it is, whose agent takes care of the real-server side; absent for a foreign machine. */
  readonly node?: string
  readonly weight: number
  readonly extra: readonly string[]
}
export type ClusterLvs = {
  readonly name: string
  readonly vip: string
  /** Nodes that are directors, by name. */
  readonly directors: readonly string[]
  /** The vip's addresses. */
  readonly addresses: readonly Net[]
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly method: 'dr' | 'nat' | 'tun'
  readonly scheduler: Scheduler
  /** Whole seconds; absent: no persistence. */
  readonly persistenceS?: number
  readonly persistencePrefix?: number
  readonly servers: readonly ClusterReal[]
  readonly check: {
    readonly type: 'connect' | 'http' | 'ping' | 'none'
    readonly intervalMs: number
    readonly timeoutMs: number
    readonly retries: number
    readonly retryDelayMs: number
    readonly port?: number
    readonly path: string
    readonly host?: string
    readonly status: number
  }
  readonly sorry?: ClusterReal
  readonly extra: readonly string[]
}
/** Lines of keepalived.conf as the spec has them, with their conditions (spec/keepalived.ts). */
export type ClusterKeepalived = {
  readonly globals: readonly string[]
  readonly blocks: readonly string[]
  /** By the name of the group. */
  readonly groups: Readonly<Record<string, readonly string[]>>
}
export type ClusterExport = {
  readonly name: string
  /** Servers by node name. */
  readonly nodes: readonly string[]
  readonly vip?: string
  readonly path: string
  /** Addresses and networks that may mount it, each once, sorted. */
  readonly clients: readonly string[]
  readonly write: boolean
  readonly squash: 'root' | 'all' | 'none'
  readonly anonUid?: number
  readonly anonGid?: number
  readonly sync: boolean
  readonly fsid: number
  /** Beyond what the other members say. */
  readonly options: readonly string[]
  readonly fenced: boolean
}
export type ClusterMount = {
  readonly name: string
  readonly nodes: readonly string[]
  /** Address or name of the server: the vip's or the node's address for an export of this spec. */
  readonly server: string
  readonly source: string
  readonly path: string
  readonly version: '3' | '4' | '4.1' | '4.2'
  readonly write: boolean
  readonly hard: boolean
  readonly mountTimeoutMs: number
  readonly automount: boolean
  /** Beyond what the other members say. */
  readonly options: readonly string[]
}
export type ClusterFile = {
  readonly path: string
  readonly body: string
  readonly mode: number
  readonly group?: string
}
export type PackageNames = Readonly<Record<'apt' | 'dnf', readonly string[]>>
export type ClusterService = {
  readonly name: string
  readonly nodes: readonly string[]
  readonly unit: string
  readonly state: 'running' | 'stopped'
  readonly boot: boolean
  readonly change: 'reload' | 'restart'
  readonly check?: 'apache' | 'nginx' | 'php-fpm' | 'sshd' | 'named'
  readonly packages: PackageNames
  readonly files: readonly ClusterFile[]
  /** Mounts by name. */
  readonly after: readonly string[]
}
export type ClusterPackages = {
  readonly name: string
  readonly nodes: readonly string[]
  readonly names: PackageNames
}
export type ClusterSysctl = {
  readonly key: string
  readonly nodes: readonly string[]
  readonly value: string
}
export type ClusterModule = { readonly name: string; readonly nodes: readonly string[] }
export type ClusterOpening = {
  readonly name: string
  readonly nodes: readonly string[]
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** Empty: from everywhere. */
  readonly from: readonly string[]
}
export type ClusterFirewall = {
  readonly manage: 'open' | 'report' | 'off'
  readonly allow: readonly ClusterOpening[]
}
export type ClusterSelinux = {
  readonly manage: 'set' | 'report' | 'off'
  readonly booleans: Readonly<Record<string, boolean>>
}

export type Cluster = {
  readonly name: string
  /** sha256 of the canonical spec, 64 hex digits: same for the same meaning in any key order. */
  readonly digest: string
  /** Order among signed specs; absent where nothing is signed. */
  readonly serial?: number
  readonly nodes: readonly ClusterNode[]
  readonly vips: readonly ClusterVip[]
  readonly proxies: readonly ClusterProxy[]
  readonly pools: readonly ClusterPool[]
  readonly verbatim: readonly ClusterVerbatim[]
  readonly lvs: readonly ClusterLvs[]
  readonly keepalived: ClusterKeepalived
  readonly exports: readonly ClusterExport[]
  readonly mounts: readonly ClusterMount[]
  readonly services: readonly ClusterService[]
  readonly packages: readonly ClusterPackages[]
  readonly sysctl: readonly ClusterSysctl[]
  readonly modules: readonly ClusterModule[]
  readonly firewall: ClusterFirewall
  readonly selinux: ClusterSelinux
  readonly secrets: readonly ClusterSecret[]
  readonly stats?: Stats
  readonly logs: Required<Pick<Logs, 'facility' | 'requests'>> & { readonly target?: string }
  readonly notify?: ClusterNotify
  /** Base address of the hub, for links in messages. */
  readonly hubUrl?: string
  readonly rollout: ClusterRollout
  /** What takes the service down alone, for people. */
  readonly singlePoints: readonly string[]
}
