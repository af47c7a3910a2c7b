// virtual_server: a virtual service of the spec at the vip that has its address.
import { parseAddress } from '../address.ts'
import { SCHEDULERS } from '../lvs.ts'
import type { Block } from './keepalived-text.ts'
import type { Draft, Import } from './types.ts'
import { freeName, secondsMs, whole } from './words.ts'

type Place = { readonly address: string; readonly port: number }

const KINDS: Readonly<Record<string, string>> = {
  TCP_CHECK: 'connect',
  UDP_CHECK: 'connect',
  HTTP_GET: 'http',
  PING_CHECK: 'ping',
}

export function readGroup(block: Block, imp: Import): undefined {
  imp.say(block.directive, 'modelled', 'each of its places is a virtual service')
  for (const { words, directive } of block.children) {
    const good = placeOf(words[0], words[1]) !== undefined
    imp.say(
      directive,
      good ? 'modelled' : 'not-taken',
      good ? '' : 'the spec has no firewall marks and no ranges',
    )
    if (!good)
      imp.decide(
        `${directive.file}:${directive.line}`,
        `"${words.join(' ')}" is not taken: a virtual service has one address and port`,
      )
  }
}

function placeOf(address: string | undefined, port: string | undefined): Place | undefined {
  const parsed = parseAddress(address ?? '')
  const number = whole(port, 1, 65_535)
  return parsed === undefined || number === undefined
    ? undefined
    : { address: parsed.address, port: number }
}

function placesOf(block: Block, groups: readonly Block[]): readonly Place[] {
  const [, first, second] = block.words
  const lines =
    first === 'group'
      ? (groups.find(({ words }) => words[1] === second)?.children.map(({ words }) => words) ?? [])
      : [block.words.slice(1)]
  return lines.flatMap((words) => placeOf(words[0], words[1]) ?? [])
}

export function readService(block: Block, groups: readonly Block[], imp: Import): undefined {
  const places = placesOf(block, groups)
  const where = `${block.directive.file}:${block.directive.line}`
  imp.say(
    block.directive,
    places.length > 0 ? 'modelled' : 'not-taken',
    'a virtual service of the spec has one address and port',
  )
  if (places.length === 0)
    imp.decide(
      where,
      `"${block.words.join(' ')}" is not taken: a firewall mark or a place that cannot be read`,
    )
  const draft: Draft = { servers: {} }
  const check: Draft = {}
  for (const one of block.children) readLine(one, draft, check, imp)
  for (const place of places) {
    const vip = Object.entries(imp.sections.vips).find(([, { addresses }]) =>
      addresses.some((text) => parseAddress(text.split('/')[0] ?? '')?.address === place.address),
    )?.[0]
    if (vip === undefined) {
      imp.decide(
        where,
        `no vrrp_instance holds ${place.address}: name the vip of the virtual service`,
      )
    }
    const protocol = draft['protocol'] === 'udp' ? '-udp' : ''
    const known = Object.values(imp.sections.lvs).some((other) =>
      same(other, { vip, port: place.port, protocol: draft['protocol'] }),
    )
    if (known) continue
    const name = freeName(`${(vip ?? 'lvs').slice(0, 20)}-${place.port}${protocol}`, {
      has: (one) => Object.hasOwn(imp.sections.lvs, one),
    })
    imp.sections.lvs[name] = {
      ...(vip !== undefined && { vip }),
      port: place.port,
      ...draft,
      check: { ...check, ...(check['type'] === undefined && { type: 'none' }) },
    }
  }
}

/** The other director has the same service. */
const same = (a: Draft, b: Draft): boolean =>
  a['vip'] === b['vip'] && a['port'] === b['port'] && a['protocol'] === b['protocol']

const IGNORED: Readonly<Record<string, string>> = {
  nat_mask: 'keepalived itself ignores it since 2005; the prefix of the vip says it',
  ha_suspend: 'the agent runs the checks where the vip is',
  ops: 'one-packet scheduling is not in the spec',
  lvs_sync_daemon_interface: 'connections are not synchronised between directors',
}

function readLine(one: Block, draft: Draft, check: Draft, imp: Import): undefined {
  const [first = '', second = '', third] = one.words
  const lower = second.toLowerCase()
  const set = (member: Draft) => {
    Object.assign(draft, member)
    imp.say(one.directive, 'modelled')
  }
  const ms = secondsMs(second)
  if (/^(?:lb_algo|lvs_sched)$/.test(first) && SCHEDULERS.some((name) => name === lower))
    set({ scheduler: lower })
  else if (/^(?:lb_kind|lvs_method)$/.test(first) && /^(?:dr|nat|tun)$/.test(lower))
    set({ method: lower })
  else if (first === 'protocol' && /^(?:tcp|udp)$/.test(lower))
    set(lower === 'udp' ? { protocol: 'udp' } : {})
  else if (first === 'persistence_timeout' && ms !== undefined && ms >= 1_000)
    set({ persistenceMs: ms })
  else if (first === 'persistence_granularity' && maskOf(second) !== undefined)
    set({ persistencePrefix: maskOf(second) })
  else if (timing(first, second, check)) imp.say(one.directive, 'modelled')
  else if (first === 'sorry_server') {
    const place = placeOf(second, third)
    if (place === undefined) lose(one, 'it is no address and port', imp)
    else set({ sorry: { ...place } })
  } else if (first === 'virtualhost') {
    check['host'] = second
    imp.say(one.directive, 'modelled')
  } else if (first === 'real_server') readReal(one, draft, check, imp)
  else if (Object.hasOwn(IGNORED, first)) imp.say(one.directive, 'replaced', IGNORED[first])
  else lose(one, `a virtual service of the spec has no ${first}`, imp)
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

function timing(first: string, second: string, check: Draft): boolean {
  const ms = secondsMs(second)
  if (/^(?:nb_get_retry|retry)$/.test(first)) {
    const retries = whole(second, 0, 100)
    if (retries === undefined) return false
    check['retries'] = retries
    return true
  }
  const key = {
    delay_loop: 'intervalMs',
    connect_timeout: 'timeoutMs',
    delay_before_retry: 'retryDelayMs',
  }[first]
  if (key === undefined || ms === undefined || ms < 100 || ms > 600_000) return false
  check[key] = ms
  return true
}

function lose(block: Block, why: string, imp: Import): undefined {
  imp.decide(
    `${block.directive.file}:${block.directive.line}`,
    `"${block.words.join(' ')}" is not taken: ${why}`,
  )
  const all = (one: Block): undefined => {
    imp.say(one.directive, 'not-taken', why)
    one.children.forEach(all)
  }
  all(block)
}

function readReal(block: Block, draft: Draft, check: Draft, imp: Import): undefined {
  const [, address = '', port] = block.words
  const parsed = parseAddress(address)
  const number = whole(port, 1, 65_535)
  if (parsed === undefined) return lose(block, 'it is no address', imp)
  imp.say(block.directive, 'modelled')
  const server: Draft = { address: parsed.address, ...(number !== undefined && { port: number }) }
  for (const one of block.children) {
    const [first = '', second] = one.words
    const weight = whole(second, 0, 65_535)
    if (first === 'weight' && weight !== undefined) {
      server['weight'] = weight
      imp.say(one.directive, 'modelled')
    } else if (Object.hasOwn(KINDS, first)) readCheck(one, number, check, imp)
    else if (/^[ul]threshold$/.test(first) && second === '0') imp.say(one.directive, 'modelled')
    else lose(one, `a real server of the spec has no ${first}`, imp)
  }
  const servers = draft['servers']
  const before = typeof servers === 'object' && !Array.isArray(servers) ? servers : {}
  draft['servers'] = { ...before, [`rs${Object.keys(before).length + 1}`]: server }
}

/** The first check of the first real server is the service's; one that asks otherwise is not taken. */
function readCheck(block: Block, port: number | undefined, check: Draft, imp: Import): undefined {
  const type = KINDS[block.words[0] ?? '']
  if (check['type'] !== undefined && check['type'] !== type)
    return lose(block, 'a virtual service has one kind of check', imp)
  if (type !== undefined) check['type'] = type
  imp.say(block.directive, 'modelled')
  for (const one of block.children) {
    const [first = '', second = ''] = one.words
    const number = whole(second, 1, 65_535)
    if (timing(first, second, check)) imp.say(one.directive, 'modelled')
    else if (first === 'connect_port' && number !== undefined) {
      if (number !== port) check['port'] = number
      imp.say(one.directive, 'modelled')
    } else if (first === 'url') readUrl(one, check, imp)
    else if (first === 'virtualhost') {
      check['host'] = second
      imp.say(one.directive, 'modelled')
    } else lose(one, `a check of the spec has no ${first}`, imp)
  }
}

function readUrl(block: Block, check: Draft, imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  for (const one of block.children) {
    const [first = '', second = ''] = one.words
    const status = whole(second, 100, 599)
    if (first === 'path' && /^\/[A-Za-z0-9/._&,;=:%?+-]{0,255}$/.test(second))
      check['path'] = second
    else if (first === 'status_code' && status !== undefined && one.words.length === 2)
      check['status'] = status
    else if (first === 'virtualhost') check['host'] = second
    else {
      lose(one, `a check of the spec has no ${first}`, imp)
      continue
    }
    imp.say(one.directive, 'modelled')
  }
}
