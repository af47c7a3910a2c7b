// The normal form of what serves traffic: proxies, their pools, and text that is kept for their programs.
import type { RetryReason, When } from './proxy.ts'
import type { PLACES } from './verbatim.ts'

export type ClusterServer = {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly maxconn?: number
  readonly backup: boolean
  readonly state: 'ready' | 'drain' | 'maint'
  /** What differs from the pool's check. */
  readonly check?: Partial<Pick<ClusterCheck, 'intervalMs' | 'rise' | 'fall'>>
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
  /** Section resolvers for its host names, where it is not hactl's own. */
  readonly resolvers?: string
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
/** A server block of nginx, written out. */
export type ClusterSite = {
  readonly name: string
  readonly names: readonly string[]
  readonly default: boolean
  readonly lines: readonly string[]
}
/** Text for the file of a program on these nodes. */
export type ClusterVerbatim = {
  readonly name: string
  readonly engine: 'haproxy' | 'nginx'
  readonly place: (typeof PLACES)[number]
  readonly section: string
  readonly nodes: readonly string[]
  readonly lines: readonly string[]
}
export type ClusterProxy = {
  readonly name: string
  readonly vip?: string
  readonly nodes: readonly string[]
  readonly engine: 'haproxy' | 'nginx'
  readonly mode: 'http' | 'tcp'
  readonly port: number
  /** '*' for every address, or literals. */
  readonly addresses: readonly string[]
  /** Further words of the bind or listen line. */
  readonly listen: readonly string[]
  readonly tls?: { readonly certificate: string }
  readonly pool?: string
  readonly sites: readonly ClusterSite[]
  /** Pools that the sites name. */
  readonly pools: readonly string[]
  readonly routes: readonly ClusterRoute[]
  readonly maxconn?: number
  readonly timeouts: ClusterTimeouts
  /** One more question from outside. */
  readonly verify?: { readonly path: string; readonly host?: string }
  readonly forwardedFor: boolean
  readonly retries: number
  readonly retryOn: readonly RetryReason[]
  readonly extra: readonly string[]
}
