// What a keepalived.conf says on the wire and to the kernel, instance by instance: the part that peers must agree on.
import { type Parsed, parseKeepalived, type Statement } from './parser.ts'

export type WireAddress = {
  readonly address: string
  readonly prefix: number
  /** '' means the instance's own interface. */
  readonly dev: string
  readonly label: string
}
export type WireInstance = {
  readonly name: string
  /** 0 when absent: keepalived drops such an instance. */
  readonly vrid: number
  readonly version: number
  readonly advertMs: number
  readonly mode: 'unicast' | 'multicast'
  readonly source: string
  readonly peers: readonly string[]
  readonly family: 4 | 6
  readonly addresses: readonly WireAddress[]
  readonly excluded: readonly WireAddress[]
  readonly interface: string
  readonly priority: number
  readonly nopreempt: boolean
  readonly auth: string
  readonly vmac: boolean
  /** What may take the vip away: names of tracked scripts, files, processes and interfaces, sorted. */
  readonly tracks: readonly string[]
}
/** A virtual_server. Its place, protocol and servers are what clients depend on. */
export type WireVirtual = {
  /** `tcp 192.0.2.1 80` */
  readonly key: string
  readonly scheduler: string
  readonly method: string
  readonly persistence: string
  readonly sorry: string
  /** Weight by `192.0.2.21 80`. */
  readonly servers: ReadonlyMap<string, number>
  /** How servers are checked, as text. */
  readonly checks: string
}
export type Wire = {
  readonly routerId: string
  readonly instances: readonly WireInstance[]
  readonly virtuals: readonly WireVirtual[]
  /** Members of each sync group, sorted; groups without an order. */
  readonly groups: readonly string[]
}

/** keepalived's defaults, man keepalived.conf: priority 100, advert_int 1 s, VRRP version 2. */
const PRIORITY_DEFAULT = 100
const ADVERT_MS_DEFAULT = 1000
const TRACKS = ['track_script', 'track_file', 'track_process', 'track_interface']

/** undefined when the text has no grammar; an empty text gives no instances. */
export function wireOf(text: string): Wire | undefined {
  const parsed: Parsed = parseKeepalived(text)
  if (!parsed.ok) return undefined
  const globals = blocksOf(parsed.statements, 'global_defs').flatMap((s) => s.block ?? [])
  const version = Number(word(globals, 'vrrp_version') || '2')
  const instances = blocksOf(parsed.statements, 'vrrp_instance').map((s) => instanceOf(s, version))
  return {
    routerId: word(globals, 'router_id'),
    instances,
    virtuals: blocksOf(parsed.statements, 'virtual_server').map(virtualOf),
    groups: blocksOf(parsed.statements, 'vrrp_sync_group')
      .map((s) =>
        linesOf(s.block ?? [], 'group')
          .flat()
          .toSorted()
          .join(' '),
      )
      .toSorted(),
  }
}

/** lb_algo and lb_kind are the older words for lvs_sched and lvs_method (FIELD 4.2). */
function virtualOf({ words, block = [] }: Statement): WireVirtual {
  const protocol = (word(block, 'protocol') || 'TCP').toLowerCase()
  const servers = blocksOf(block, 'real_server')
  const flat = (inner: readonly Statement[]): string =>
    inner
      .map((s) => `${s.words.join(' ')}${s.block === undefined ? '' : ` { ${flat(s.block)} }`}`)
      .join('; ')
  return {
    key: `${protocol} ${words.slice(1).join(' ')}`,
    scheduler: word(block, 'lvs_sched') || word(block, 'lb_algo') || 'wlc',
    method: word(block, 'lvs_method') || word(block, 'lb_kind'),
    persistence: `${word(block, 'persistence_timeout')} ${word(block, 'persistence_granularity')}`,
    sorry:
      block
        .find((s) => s.words[0] === 'sorry_server')
        ?.words.slice(1)
        .join(' ') ?? '',
    servers: new Map(
      servers.map((s) => [
        s.words.slice(1).join(' '),
        Number(word(s.block ?? [], 'weight') || '1'),
      ]),
    ),
    checks: [
      word(block, 'delay_loop'),
      word(block, 'virtualhost'),
      ...servers.map((s) => flat((s.block ?? []).filter((inner) => inner.words[0] !== 'weight'))),
    ].join(' | '),
  }
}

function instanceOf(statement: Statement, versionDefault: number): WireInstance {
  const body = statement.block ?? []
  const peers = linesOf(body, 'unicast_peer').map((words) => words[0] ?? '')
  const addresses = linesOf(body, 'virtual_ipaddress').map(addressOf)
  const seconds = Number(word(body, 'advert_int') || ADVERT_MS_DEFAULT / 1000)
  return {
    name: statement.words[1] ?? '',
    vrid: Number(word(body, 'virtual_router_id') || '0'),
    version: Number(word(body, 'version') || versionDefault),
    advertMs: Math.round(seconds * 1000),
    // An empty unicast_peer falls back to multicast, FIELD 4.3.
    mode: peers.length > 0 ? 'unicast' : 'multicast',
    source: word(body, 'unicast_src_ip') || word(body, 'mcast_src_ip'),
    peers: peers.toSorted(),
    family: (addresses[0]?.address ?? peers[0] ?? '').includes(':') ? 6 : 4,
    addresses,
    excluded: linesOf(body, 'virtual_ipaddress_excluded').map(addressOf),
    interface: word(body, 'interface'),
    priority: Number(word(body, 'priority') || PRIORITY_DEFAULT),
    nopreempt: body.some((s) => s.words[0] === 'nopreempt'),
    auth: linesOf(body, 'authentication')
      .map((words) => words.join(' '))
      .toSorted()
      .join('; '),
    vmac: body.some((s) => s.words[0] === 'use_vmac' || s.words[0] === 'use_ipvlan'),
    tracks: TRACKS.flatMap((k) =>
      linesOf(body, k).map((words) => `${k} ${words.join(' ')}`),
    ).toSorted(),
  }
}

/** `10.0.0.1/24 dev eth0 label eth0:1`; without a prefix it is a single host (man keepalived.conf). */
function addressOf(words: readonly string[]): WireAddress {
  const [address = '', prefix] = (words[0] ?? '').split('/')
  const after = (key: string) => {
    const at = words.indexOf(key)
    return at < 0 ? '' : (words[at + 1] ?? '')
  }
  const whole = address.includes(':') ? 128 : 32
  return {
    address,
    prefix: prefix === undefined ? whole : Number(prefix),
    dev: after('dev'),
    label: after('label'),
  }
}

const blocksOf = (statements: readonly Statement[], keyword: string) =>
  statements.filter((s) => s.words[0] === keyword && s.block !== undefined)

/** Inner lines of all blocks with this keyword, and inner blocks by their own words. */
const linesOf = (statements: readonly Statement[], keyword: string) =>
  blocksOf(statements, keyword).flatMap((s) => (s.block ?? []).map((inner) => inner.words))

/** First value of the last statement with this keyword (the last one wins), '' when absent. */
const word = (statements: readonly Statement[], keyword: string) =>
  statements.findLast((s) => s.words[0] === keyword && s.block === undefined)?.words[1] ?? ''
