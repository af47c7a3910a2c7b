// vrrp_instance: one vip of the spec, with a peer for each host that has it.
import { TAKEOVER_MS_MAX } from '../limits.ts'
import { type Address, addressesOf, readAddresses } from './keepalived-address.ts'
import { type Host, keep, lose, mailed, replace, sayAll, shown } from './keepalived-keep.ts'
import { readNode } from './keepalived-node.ts'
import type { Block } from './keepalived-text.ts'
import type { Import, VipDraft } from './types.ts'
import { freeName, nameOf, secondsMs, whole } from './words.ts'

const INTERFACE = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/
const TRACKED_MAX = 8
const PRIORITY_DEFAULT = 100
/** 255 is the owner of the address, which the spec does not have. */
const PRIORITY_OWNER = 255

const find = (block: Block, key: string) => block.children.find(({ words }) => words[0] === key)
const value = (block: Block, key: string) => find(block, key)?.words[1]
export function readInstance(block: Block, host: Host): undefined {
  const { node, imp, vips } = host
  const vrid = whole(value(block, 'virtual_router_id'), 1, 255)
  const addresses = addressesOf(block)
  askMissing(block, vrid, addresses, imp)
  const texts = addresses.map(({ text }) => text)
  const name = vipName(nameOf(block.words[1] ?? '', 'vip'), vrid, texts, imp)
  vips.set(block.words[1] ?? '', name)
  imp.say(block.directive, 'modelled')
  const vip: VipDraft = imp.sections.vips[name] ?? {
    addresses: [],
    peers: {},
    ...(vrid !== undefined && { vrid }),
  }
  imp.sections.vips[name] = vip
  const place = { name, vip, version: versionOf(block, addresses, host) }
  addAddresses(addresses, block, vip, imp)
  readPriority(block, vip, host)
  readNode(block, name, vip, addresses, host)
  readTimes(block, place, imp)
  for (const one of block.children) readLine(one, block, place, host)
  if (block.children.every(({ words }) => words[0] !== 'unicast_peer')) vip.mode = 'multicast'
  else if (vip.mode !== undefined && Object.keys(vip.peers).length > 1)
    differs(block, 'unicast_peer', node, imp)
}

/** A template, or an instance that only runs scripts: the rest of it is taken all the same. */
function askMissing(
  block: Block,
  vrid: number | undefined,
  addresses: readonly Address[],
  imp: Import,
): undefined {
  const ask = (what: string) =>
    imp.decide(
      `${block.directive.file}:${block.directive.line}`,
      `vrrp_instance ${block.words[1]} has no ${what}`,
    )
  if (vrid === undefined)
    ask('virtual_router_id from 1 to 255: keepalived drops it, hactl chooses one')
  if (!addresses.some(({ advertised }) => advertised))
    ask('virtual_ipaddress that can be read, and a vip has one: which?')
}

type Place = { readonly name: string; readonly vip: VipDraft; readonly version: '2' | '3' }

const differs = (block: Block, what: string, node: string, imp: Import): undefined =>
  imp.decide(
    `${block.directive.file}:${block.directive.line}`,
    `${what} of vrrp_instance ${block.words[1]} on ${node} differs from that of another host: which one?`,
  )

/** IPv6 instances always use version 3 (keepalived.conf(5), vrrp_version). */
function versionOf(block: Block, addresses: readonly Address[], host: Host): '2' | '3' {
  const families = new Set(addresses.map(({ family }) => family))
  const six = addresses[0]?.family === 6
  if (six || (value(block, 'version') ?? host.version) === '3') return '3'
  if (families.size === 1) return '2'
  host.imp.decide(
    `${block.directive.file}:${block.directive.line}`,
    `vrrp_instance ${block.words[1]} has addresses of both families: VRRP version 3 instead of 2, so all its peers must change together`,
  )
  return '3'
}

function addAddresses(
  addresses: readonly Address[],
  block: Block,
  vip: VipDraft,
  imp: Import,
): undefined {
  const before = vip.addresses
  vip.addresses = [...new Set([...before, ...addresses.map(({ text }) => text)])]
  if (addresses.filter(({ advertised }) => advertised).length > 1)
    imp.decide(
      `${block.directive.file}:${block.directive.line}`,
      `adverts of vrrp_instance ${block.words[1]} carry its first address only, the others follow: all its peers must change together`,
    )
  for (const { text, options } of addresses) {
    if (options === '') continue
    const said = vip.addressOptions?.[text]
    if (said !== undefined && said !== options)
      imp.decide(
        `${block.directive.file}:${block.directive.line}`,
        `${text} has the options "${said}" on one host and "${options}" on another`,
      )
    vip.addressOptions = { ...vip.addressOptions, [text]: said ?? options }
  }
}

function readPriority(block: Block, vip: VipDraft, { node, imp }: Host): undefined {
  const line = find(block, 'priority')
  const said = whole(line?.words[1] ?? `${PRIORITY_DEFAULT}`, 1, PRIORITY_OWNER) ?? PRIORITY_DEFAULT
  vip.peers[node] = { priority: Math.min(said, PRIORITY_OWNER - 1) }
  if (line === undefined) return
  if (said === PRIORITY_OWNER)
    replace(line, 'a peer has 1 to 254; 255 is the owner of the address', imp)
  else if (`${said}` === line.words[1]) imp.say(line.directive, 'modelled')
  else replace(line, `keepalived took ${PRIORITY_DEFAULT}`, imp)
}

/** Three missed adverts and less than one of skew (RFC 9568 section 6.1). */
function readTimes(block: Block, { vip, version }: Place, imp: Import): undefined {
  const line = find(block, 'advert_int')
  const said = secondsMs(line?.words[1] ?? '1') ?? 1_000
  const advertMs =
    version === '2' ? Math.max(1_000, Math.round(said / 1_000) * 1_000) : Math.max(10, said)
  const takeoverMs = Math.min(TAKEOVER_MS_MAX, 4 * advertMs)
  if (vip.takeoverMs !== undefined && vip.takeoverMs !== takeoverMs)
    differs(block, 'advert_int', 'this host', imp)
  vip.takeoverMs = takeoverMs
  if (version === '2') vip.vrrpVersion = 2
  if (line === undefined) return
  if (takeoverMs === 4 * said) return imp.say(line.directive, 'modelled')
  const why =
    4 * advertMs > TAKEOVER_MS_MAX
      ? 'a takeover takes 40 s at most'
      : `adverts are sent each ${advertMs} ms, as keepalived rounded it`
  replace(line, why, imp)
}

const SAID_ELSEWHERE = new Set([
  'priority',
  'advert_int',
  'interface',
  'unicast_src_ip',
  'unicast_peer',
])
/** What the spec says in its own way, or what follows from it. */
const FOLLOWS: Readonly<Record<string, string>> = {
  version: '',
  preempt: '',
  native_ipv6: 'the family is that of its addresses',
  ip_family: 'the family is that of its addresses',
  state: 'the highest priority becomes the master; keepalived itself starts as BACKUP',
}

function readLine(one: Block, block: Block, place: Place, host: Host): undefined {
  const { imp } = host
  const { name, vip } = place
  const [first = ''] = one.words
  if (SAID_ELSEWHERE.has(first)) return
  if (first === 'virtual_router_id') {
    const good = whole(one.words[1], 1, 255) !== undefined
    return good ? imp.say(one.directive, 'modelled') : lose(one, 'it is none from 1 to 255', imp)
  }
  if (Object.hasOwn(FOLLOWS, first)) return sayAll(one, imp, 'modelled', FOLLOWS[first])
  if (/^(?:nopreempt|preempt_delay)$/.test(first)) idlePreempt(one, block, imp)
  if (first === 'nopreempt') {
    vip.preempt = false
    return imp.say(one.directive, 'modelled')
  }
  if (/^virtual_ipaddress(?:_excluded)?$/.test(first)) return readAddresses(one, block, vip, imp)
  if (first === 'authentication') return readAuth(one, place, imp)
  if (first === 'track_interface') return readInterfaces(one, place, host)
  if (first === 'track_script') return readScripts(one, name, host)
  if (first === 'smtp_alert') return mailed(one, host)
  if (first === 'lvs_sync_daemon_interface') {
    const line = ['lvs_sync_daemon', ...one.raw.slice(1, 2), name]
    return keep({ ...one, raw: line, words: line }, 'globals', '', host)
  }
  if (first === 'strict_mode') return replace(one, 'it refuses unicast peers', imp)
  keep(one, 'vip', name, host)
}

/** keepalived clears both where the state is MASTER, and says so in its log only. */
function idlePreempt(one: Block, block: Block, imp: Import): undefined {
  if (value(block, 'state') === 'MASTER')
    imp.decide(
      `${one.directive.file}:${one.directive.line}`,
      `${one.words[0]} has no effect beside "state MASTER": from now on it has, as the file means it`,
    )
}

/** The vip that another host has already brought: of that router id and one of its addresses. */
function vipName(
  wish: string,
  vrid: number | undefined,
  addresses: readonly string[],
  imp: Import,
): string {
  const { vips } = imp.sections
  const bare = (text: string) => text.split('/')[0]
  const known = Object.entries(vips).find(
    ([, vip]: readonly [string, VipDraft]) =>
      vip.vrid === vrid &&
      (vip.addresses.length + addresses.length === 0 ||
        vip.addresses.some((one) => addresses.some((text) => bare(text) === bare(one)))),
  )
  return known?.[0] ?? freeName(wish, { has: (name) => Object.hasOwn(vips, name) })
}

function readAuth(block: Block, { name, vip, version }: Place, imp: Import): undefined {
  if (version === '3')
    return sayAll(
      block,
      imp,
      'replaced',
      'VRRP version 3 has none, keepalived ignored it (RFC 9568)',
    )
  const type = value(block, 'auth_type')?.toLowerCase() ?? ''
  if (!/^(?:pass|ah)$/.test(type) || find(block, 'auth_pass') === undefined)
    return lose(block, 'it has no auth_type PASS or AH, or no auth_pass', imp)
  const include = `/etc/keepalived/auth-${name}.conf`
  if (vip.auth !== undefined && vip.auth.type !== type)
    differs(block, 'auth_type', 'this host', imp)
  vip.auth = { type, include }
  sayAll(block, imp, 'modelled')
  imp.decide(
    `/vips/${name}/auth`,
    `no spec has a password: write that of ${block.directive.file} to ${include} on every peer, as a line "auth_pass" and the password, owner root, mode 0600; or name a secret in "password" instead`,
  )
}

function readInterfaces(block: Block, { name, vip }: Place, host: Host): undefined {
  const plain = block.children.filter(
    ({ words }) => words.length === 1 && INTERFACE.test(words[0] ?? ''),
  )
  const names = [
    ...new Set([...(vip.trackInterfaces ?? []), ...plain.map(({ words }) => words[0] ?? '')]),
  ]
  if (plain.length < block.children.length || names.length > TRACKED_MAX)
    return keep(block, 'vip', name, host)
  sayAll(block, host.imp, 'modelled')
  if (names.length > 0) vip.trackInterfaces = names
}

/** Those that hactl's own health stands for go, the others stay in a block of their own. */
function readScripts(block: Block, name: string, host: Host): undefined {
  const { imp, proxied } = host
  const [stays, goes] = [false, true].map((gone) =>
    block.children.filter(({ words }) => proxied.has(words[0] ?? '') === gone),
  )
  if (goes === undefined || goes.length === 0) return keep(block, 'vip', name, host)
  for (const use of goes) {
    const weight = use.words.includes('weight') ? `, whatever its weight ("${shown(use)}")` : ''
    imp.say(
      use.directive,
      'replaced',
      `the vip leaves a node whose proxy does not answer${weight}: the agent asks it`,
    )
  }
  if (stays !== undefined && stays.length > 0)
    keep({ ...block, children: stays }, 'vip', name, host)
  else imp.say(block.directive, 'modelled')
}
