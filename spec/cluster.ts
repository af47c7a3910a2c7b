// The normal form of a spec: every default filled in, every reference followed, every map sorted by name.
// Providers read this and never the raw spec, so a default has exactly one home: resolve.ts.
import type { Stats, Logs, Notify } from './operations.ts'
import type { When } from './proxy.ts'

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
  readonly mode: 'unicast' | 'multicast'
  readonly vrrpVersion: 2 | 3
  readonly trackInterfaces: readonly string[]
}
export type ClusterServer = {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly maxconn?: number
  readonly backup: boolean
  readonly state: 'ready' | 'drain' | 'maint'
  /** True when `address` is a literal, so that no resolver is needed. */
  readonly literal: boolean
}
export type ClusterCheck = {
  readonly type: 'connect' | 'http' | 'tcp' | 'none'
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
  readonly port?: number
  readonly method: string
  readonly path: string
  readonly host?: string
  readonly status: string
  readonly send?: string
  readonly expect?: string
}
export type ClusterPool = {
  readonly name: string
  readonly mode: 'http' | 'tcp'
  readonly balance: string
  readonly balanceOn?: string
  readonly servers: readonly ClusterServer[]
  readonly check: ClusterCheck
  readonly stick?: {
    readonly by: 'cookie' | 'source'
    readonly cookie: string
    readonly expireMs: number
    readonly entriesMax: number
  }
  readonly timeouts: ClusterTimeouts
  readonly retries: number
  readonly redispatch: boolean
  readonly extra: readonly string[]
}
export type ClusterTimeouts = {
  readonly connectMs: number
  readonly clientMs: number
  readonly serverMs: number
  readonly queueMs: number
  readonly httpRequestMs: number
  readonly keepAliveMs: number
  readonly tunnelMs: number
}
/** `split` is already expanded: a route with ignoreCase. */
export type ClusterRoute = {
  readonly name: string
  readonly when: When
  readonly ignoreCase: boolean
  readonly pool: string
}
export type ClusterProxy = {
  readonly name: string
  readonly vip?: string
  readonly nodes: readonly string[]
  readonly mode: 'http' | 'tcp'
  readonly port: number
  /** '*' for every address, or literals. */
  readonly addresses: readonly string[]
  readonly tls?: { readonly certificate: string }
  readonly pool?: string
  readonly routes: readonly ClusterRoute[]
  readonly maxconn?: number
  readonly timeouts: ClusterTimeouts
  readonly forwardedFor: boolean
  readonly extra: readonly string[]
}
export type ClusterRollout = {
  readonly removalsMax: number
  readonly peerWaitMs: number
  readonly drift: 'heal' | 'report' | 'pause'
}

export type Cluster = {
  readonly name: string
  /** sha256 of the canonical spec, 64 hex digits: same for the same meaning in any key order. */
  readonly digest: string
  readonly nodes: readonly ClusterNode[]
  readonly vips: readonly ClusterVip[]
  readonly proxies: readonly ClusterProxy[]
  readonly pools: readonly ClusterPool[]
  readonly stats?: Stats
  readonly logs: Required<Pick<Logs, 'facility' | 'requests'>> & { readonly target?: string }
  readonly notify?: Notify
  readonly rollout: ClusterRollout
}
