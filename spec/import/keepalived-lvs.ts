// virtual_server: a virtual service of the spec at the vip that has its address; a whole block where the spec cannot say it.
import { parseAddress } from '../address.ts'
import { SCHEDULERS } from '../lvs.ts'
import { commonCheck, intervalMs, isCheck, TIMES } from './keepalived-check.ts'
import { type Host, keep, keptLines, mailed, sayAll } from './keepalived-keep.ts'
import type { Block } from './keepalived-text.ts'
import type { Draft, Import } from './types.ts'
import { freeName, secondsMs, whole } from './words.ts'

type Place = { readonly address: string; readonly family: 4 | 6; readonly port: number }

function placeOf(address: string | undefined, port: string | undefined): Place | undefined {
  const parsed = parseAddress(address ?? '')
  const number = whole(port, 1, 65_535)
  return parsed === undefined || number === undefined ? undefined : { ...parsed, port: number }
}

/** Where the service is reached; undefined where a place is a firewall mark, a range, or has no port. */
function placesOf(block: Block, groups: readonly Block[]): readonly Place[] | undefined {
  const [, first, second] = block.words
  const lines =
    first === 'group'
      ? (groups.find(({ words }) => words[1] === second)?.children.map(({ words }) => words) ?? [])
      : [block.words.slice(1)]
  const places = lines.map((words) => placeOf(words[0], words[1]))
  const known = places.flatMap((place) => place ?? [])
  return known.length === places.length && known.length > 0 ? known : undefined
}

const said = (block: Block, ...keys: readonly string[]): string | undefined =>
  block.children.findLast(({ words }) => keys.includes(words[0] ?? ''))?.words[1]

const vipAt = ({ sections }: Import, address: string): string | undefined =>
  Object.entries(sections.vips).find(([, { addresses }]) =>
    addresses.some((text) => parseAddress(text.split('/')[0] ?? '')?.address === address),
  )?.[0]

/** True where a block stays as it is, and the group that it names with it. */
export const staysWhole = (block: Block, groups: readonly Block[], imp: Import): boolean =>
  wholeWhy(block, placesOf(block, groups), imp) !== undefined

export function readService(block: Block, groups: readonly Block[], host: Host): undefined {
  const { imp } = host
  const places = placesOf(block, groups)
  const why = wholeWhy(block, places, imp)
  if (why !== undefined || places === undefined) {
    imp.decide(
      `${block.directive.file}:${block.directive.line}`,
      `"${block.raw.join(' ')}" stays a block of keepalived.conf that hactl only carries: ${why}`,
    )
    return keep(block, 'blocks', '', host)
  }
  imp.say(block.directive, 'modelled')
  const draft = draftOf(block, host)
  for (const place of places) addService(block, place, draft, imp)
}

/** Why the spec cannot say a service. */
function wholeWhy(
  block: Block,
  places: readonly Place[] | undefined,
  imp: Import,
): string | undefined {
  if (places === undefined) return 'it is at a firewall mark or a range, or has no port'
  const lost = places.find(({ address }) => vipAt(imp, address) === undefined)
  if (lost !== undefined) return `no vrrp_instance holds ${lost.address}; which vip is it at?`
  const part = places.find((place) => !servedWhole(place, places, imp))
  if (part !== undefined) return `it is at ${part.address} alone, and its vip has other addresses`
  const scheduler = said(block, 'lb_algo', 'lvs_sched') ?? 'wlc'
  if (!SCHEDULERS.some((name) => name === scheduler))
    return `the spec has no scheduler ${scheduler}`
  const methods = block.children.filter(({ words }) =>
    /^(?:lb_kind|lvs_method)$/.test(words[0] ?? ''),
  )
  if (methods.some(({ words }) => !/^(?:dr|nat|tun)$/i.test(words[1] ?? '') || words.length > 2))
    return 'the spec has no such way to the servers'
  if (!/^(?:tcp|udp)$/i.test(said(block, 'protocol') ?? 'tcp')) return 'it is neither tcp nor udp'
  if (intervalMs(block) === undefined) return 'the spec has no such delay_loop'
  return persistenceWhy(block) ?? realsWhy(block, places)
}

/** A virtual service of the spec is at all addresses of its vip. */
function servedWhole({ address, port }: Place, places: readonly Place[], imp: Import): boolean {
  const addresses = imp.sections.vips[vipAt(imp, address) ?? '']?.addresses ?? []
  return addresses.every((text) => {
    const one = parseAddress(text.split('/')[0] ?? '')?.address
    return places.some((place) => place.address === one && place.port === port)
  })
}

const realsOf = (block: Block): readonly Block[] =>
  block.children.filter(({ words }) => words[0] === 'real_server')

function realsWhy(block: Block, places: readonly Place[]): string | undefined {
  const reals = realsOf(block)
  if (reals.length === 0) return 'it has no real server'
  const method = said(block, 'lb_kind', 'lvs_method')?.toLowerCase() ?? 'nat'
  for (const real of reals) {
    const parsed = parseAddress(real.words[1] ?? '')
    if (parsed === undefined) return `${real.words[1]} is no address`
    if (places.some(({ family }) => family !== parsed.family))
      return 'its servers are of the other address family'
    if (real.words[2] !== undefined && whole(real.words[2], 1, 65_535) === undefined)
      return `${real.words[2]} is no port`
    const own = said(real, 'lvs_method')?.toLowerCase()
    if (own !== undefined && own !== method) return 'its servers are reached in different ways'
    const weight = said(real, 'weight')
    if (weight !== undefined && whole(weight, 0, 65_535) === undefined)
      return `${weight} is no weight`
  }
  const sorry = block.children.find(({ words }) => words[0] === 'sorry_server')?.words
  return sorry === undefined || parseAddress(sorry[1] ?? '') !== undefined
    ? undefined
    : 'its sorry server has no address'
}

/** Without a value it is six minutes (keepalived.conf(5)). */
const PERSISTENCE_MS = 360_000

function persistenceWhy(block: Block): string | undefined {
  const of = (key: string) => block.children.find(({ words }) => words[0] === key)?.words
  const timeout = of('persistence_timeout')
  const ms = timeout?.[1] === undefined ? PERSISTENCE_MS : secondsMs(timeout[1])
  if (ms === undefined || ms < 1_000) return 'its persistence_timeout cannot be read'
  const mask = of('persistence_granularity')
  return mask === undefined || maskOf(mask[1] ?? '') !== undefined
    ? undefined
    : 'its persistence_granularity cannot be read'
}

function draftOf(block: Block, host: Host): Draft {
  const { imp } = host
  const check = commonCheck(block, realsOf(block))
  const idle = realsOf(block).every((real) => !real.children.some(isCheck))
  const draft: Draft = { servers: {}, method: 'nat' }
  const extra: string[] = []
  for (const one of block.children) {
    const member = memberOf(one)
    const [first = ''] = one.words
    if (member !== undefined) {
      Object.assign(draft, member)
      imp.say(one.directive, 'modelled')
    } else if (first === 'real_server')
      draft['servers'] = { ...Object(draft['servers']), ...realOf(one, block, check, draft, host) }
    else if (first === 'delay_loop' || first === 'weight') imp.say(one.directive, 'modelled')
    else if (check !== undefined && (TIMES.has(first) || first === 'virtualhost'))
      imp.say(one.directive, 'modelled')
    else if (first === 'nat_mask')
      sayAll(
        one,
        imp,
        'replaced',
        'keepalived itself ignores it since 2005; the prefix of the vip says it',
      )
    else extra.push(...(keptLines(one, 'lvs', host) ?? []))
  }
  const none = idle ? { type: 'none' } : { type: 'none', intervalMs: intervalMs(block) }
  return { ...draft, check: check ?? none, ...(extra.length > 0 && { extra }) }
}

/** Members of the service that one line says; undefined where it says none. */
function memberOf({ words: [first = '', second = '', third] }: Block): Draft | undefined {
  const lower = second.toLowerCase()
  switch (first) {
    case 'lb_algo':
    case 'lvs_sched':
      return { scheduler: lower }
    case 'lb_kind':
    case 'lvs_method':
      return { method: lower }
    case 'protocol':
      return lower === 'udp' ? { protocol: 'udp' } : {}
    case 'persistence_timeout':
      return { persistenceMs: secondsMs(second) ?? PERSISTENCE_MS }
    case 'persistence_granularity':
      return { persistencePrefix: maskOf(second) }
    case 'sorry_server': {
      const port = whole(third, 1, 65_535)
      return { sorry: { address: second, ...(port !== undefined && { port }) } }
    }
    default:
      return undefined
  }
}

/** 255.255.255.0 or 24 as a prefix length. */
function maskOf(text: string): number | undefined {
  const short = whole(text, 1, 128)
  if (short !== undefined) return short
  if (parseAddress(text)?.family !== 4) return undefined
  const bits = text
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('')
  return /^1+0*$/.test(bits) ? (bits.indexOf('0') === -1 ? 32 : bits.indexOf('0')) : undefined
}

function realOf(
  block: Block,
  service: Block,
  check: Draft | undefined,
  { servers }: Draft,
  host: Host,
): Draft {
  const { imp } = host
  const port = whole(block.words[2], 1, 65_535)
  const weight = whole(said(block, 'weight') ?? said(service, 'weight'), 0, 65_535)
  imp.say(block.directive, 'modelled')
  const extra: string[] = []
  for (const one of block.children) {
    const [first = '', second] = one.words
    if (first === 'weight' || first === 'lvs_method') imp.say(one.directive, 'modelled')
    else if (check !== undefined && isCheck(one)) sayAll(one, imp, 'modelled')
    else if (/^[ul]threshold$/.test(first) && second === '0') imp.say(one.directive, 'modelled')
    else if (first === 'smtp_alert') mailed(one, host)
    else extra.push(...(keptLines(one, 'server', host) ?? []))
  }
  return {
    [`rs${Object.keys(Object(servers)).length + 1}`]: {
      address: parseAddress(block.words[1] ?? '')?.address,
      ...(port !== undefined && { port }),
      ...(weight !== undefined && { weight }),
      ...(extra.length > 0 && { extra }),
    },
  }
}

function addService(block: Block, place: Place, draft: Draft, imp: Import): undefined {
  const { lvs } = imp.sections
  const vip = vipAt(imp, place.address)
  const service: Draft = { ...(vip !== undefined && { vip }), port: place.port, ...draft }
  const there = Object.entries(lvs).find(
    ([, other]) =>
      other['vip'] === vip &&
      other['port'] === place.port &&
      other['protocol'] === draft['protocol'],
  )
  if (there !== undefined) {
    if (JSON.stringify(there[1]) !== JSON.stringify(service))
      imp.decide(
        `${block.directive.file}:${block.directive.line}`,
        `"${block.raw.join(' ')}" differs from lvs ${there[0]} of another host or address of the vip: that one stands`,
      )
    return
  }
  const protocol = draft['protocol'] === 'udp' ? '-udp' : ''
  const name = freeName(`${(vip ?? 'lvs').slice(0, 20)}-${place.port}${protocol}`, {
    has: (one) => Object.hasOwn(lvs, one),
  })
  lvs[name] = service
}
