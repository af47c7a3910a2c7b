// What an import reads and says: files in, a draft of a spec, the fate of every directive, what a person must decide.

export const KINDS = ['haproxy', 'keepalived', 'nginx', 'exports', 'fstab'] as const
export type Kind = (typeof KINDS)[number]

export type SourceFile = {
  /** As the user wrote it; stands in the report. */
  readonly name: string
  /** Node it was taken from. */
  readonly node: string
  readonly text: string
  /** Told by the content when absent. */
  readonly kind?: Kind
  /** Path below a directory that was given: it counts only where another file includes it. */
  readonly below?: string
}

/** modelled: the spec says it; kept: verbatim in `extra`; replaced: something better stands for it; not-taken: lost, and said. */
export const FATES = ['modelled', 'kept', 'replaced', 'not-taken'] as const
export type Fate = (typeof FATES)[number]

/** One directive of a file; a block's head is one, and so is each line in it. */
export type Directive = {
  readonly file: string
  /** 1-based, of its first word. */
  readonly line: number
  /** One line, without comment. */
  readonly text: string
}
export type Entry = Directive & {
  readonly fate: Fate
  /** Empty only for what is modelled or kept. */
  readonly why: string
}

/** What no file says, or what the spec refuses to guess. */
export type Decision = { readonly where: string; readonly what: string }

export type Json =
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }
/** A map of the spec while it grows. */
export type Draft = Record<string, Json | undefined>

export type ServerDraft = {
  address: string
  port: number
  weight?: number
  maxconn?: number
  backup?: boolean
  state?: string
  check?: Draft
}
export type PoolDraft = {
  servers: Record<string, ServerDraft>
  balance?: string
  balanceOn?: string
  check?: Draft
  stick?: Draft
  resolvers?: string
  extra?: string[]
}
export type RouteDraft = { name: string; when: Record<string, Json>; pool: string }
export type ProxyDraft = {
  vip?: string
  nodes?: string[]
  engine?: 'nginx'
  mode?: 'tcp'
  port: number
  bind?: 'vip'
  addresses?: string[]
  listen?: string[]
  tls?: { certificate: string }
  pool?: string
  routes?: RouteDraft[]
  split?: Draft
  sites?: Record<string, SiteDraft>
  /** Pools that the sites name. */
  pools?: string[]
  maxconn?: number
  timeouts?: Record<string, number>
  retries?: number
  retryOn?: string[]
  redispatch?: boolean
  forwardedFor?: boolean
  extra?: string[]
}
export type SiteDraft = { names?: string[]; default?: true; lines: readonly string[] }
/** Text for a place of a program's file. */
export type VerbatimDraft = {
  engine: 'haproxy' | 'nginx'
  place: 'global' | 'section' | 'main' | 'events' | 'http' | 'stream'
  section?: string
  nodes?: string[]
  lines: string[]
}
export type VipDraft = {
  addresses: string[]
  peers: Record<string, { priority: number; interface?: string }>
  vrid?: number
  takeoverMs?: number
  preempt?: boolean
  mode?: 'multicast'
  vrrpVersion?: 2
  trackInterfaces?: string[]
  group?: string
  auth?: { type: string; include: string }
  addressOptions?: Record<string, string>
  extra?: string[]
}
export type NodeDraft = {
  address?: string
  interface?: string
  links?: Record<string, { address: string; interface: string }>
}
/** Statements of keepalived.conf, each with the lines of its block, by place and node. */
export type Kept = Record<string, Record<string, string[][]>>

/** A line of unicast_peer: which one of the list it is, and of whose file. */
export type UnicastPeer = {
  readonly vip: string
  readonly node: string
  readonly at: number
  readonly address: string
}

/** The spec while it grows: sections by name. */
export type Sections = {
  readonly nodes: Record<string, NodeDraft>
  readonly vips: Record<string, VipDraft>
  readonly proxies: Record<string, ProxyDraft>
  readonly pools: Record<string, PoolDraft>
  readonly verbatim: Record<string, VerbatimDraft>
  readonly lvs: Record<string, Draft>
  readonly exports: Record<string, Draft>
  readonly mounts: Record<string, Draft>
  readonly kept: Kept
  readonly unicast: UnicastPeer[]
  keepalived?: Draft
  stats?: Draft
  logs?: Draft
  notify?: Draft
}

/** What every translator writes to. */
export type Import = {
  readonly sections: Sections
  /** Of all files that are read together. */
  readonly kinds: ReadonlySet<Kind>
  /** Says what became of a directive; said twice, the worse fate stands. */
  readonly say: (directive: Directive, fate: Fate, why?: string) => undefined
  readonly decide: (where: string, what: string) => undefined
}
