// vrrp_instance and vrrp_sync_group: one vip of the spec, with a peer for each host that has it.
import { netAddress, parseAddress, parseNet } from '../address.ts'
import { TAKEOVER_MS_MAX } from '../limits.ts'
import type { Block } from './keepalived-text.ts'
import type { Import, VipDraft } from './types.ts'
import { freeName, nameOf, secondsMs, whole } from './words.ts'

const INTERFACE = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/
const REPLACED: Readonly<Record<string, string>> = {
  state: 'the priority alone decides; every node starts as BACKUP',
  authentication:
    'VRRP version 3 has none (RFC 9568 section 1.1): unicast peers and the firewall take its place',
  smtp_alert: 'the section notify says of what',
  native_ipv6: 'each family becomes an instance of its own',
  ip_family: 'each family becomes an instance of its own',
  preempt_delay: 'a node takes its vip back only when its proxy is proved to answer',
  track_process: 'the agent watches the proxy itself, and services by trackServices',
  garp_master_delay: "keepalived's own value serves",
  debug: 'the agent reports every transition',
  dont_track_primary: 'the vip leaves a node whose interface is down',
  unicast_src_ip: 'it is the address of the node',
  mcast_src_ip: 'it is the address of the node',
}

export function readInstance(
  block: Block,
  node: string,
  scripts: readonly Block[],
  imp: Import,
): undefined {
  const value = (key: string) => block.children.find(({ words }) => words[0] === key)?.words[1]
  const inner = (key: string) =>
    block.children.filter(({ words }) => words[0] === key).flatMap(({ children }) => children)
  const addresses = [...inner('virtual_ipaddress'), ...inner('virtual_ipaddress_excluded')].flatMap(
    ({ words }) =>
      parseNet(words[0] ?? '', { 4: 32, 6: 128 }) === undefined ? [] : [words[0] ?? ''],
  )
  const vrid = whole(value('virtual_router_id'), 1, 255)
  const where = `${block.directive.file}:${block.directive.line}`
  imp.say(block.directive, 'modelled')
  for (const one of block.children) readLine(one, scripts, imp)
  readNode(
    node,
    value('interface'),
    value('unicast_src_ip') ?? value('mcast_src_ip'),
    addresses,
    imp,
  )
  if (vrid === undefined || addresses.length === 0)
    return imp.decide(
      where,
      `vrrp_instance ${block.words[1]} has no virtual_router_id from 1 to 255, or no address`,
    )
  const priority = whole(value('priority') ?? '100', 1, 254)
  if (priority === undefined)
    imp.decide(
      where,
      `priority ${value('priority')} of ${node}: a peer has 1 to 254; 254 stands in`,
    )
  const name = vipName(nameOf(block.words[1] ?? '', 'vip'), vrid, addresses, imp)
  const vip: VipDraft = imp.sections.vips[name] ?? { addresses: [], peers: {}, vrid }
  imp.sections.vips[name] = vip
  vip.addresses = [...new Set([...vip.addresses, ...addresses])].slice(0, 20)
  vip.peers[node] = { priority: priority ?? 254 }
  const advertMs = secondsMs(value('advert_int') ?? '1') ?? 1_000
  // Three missed adverts and less than one of skew (RFC 9568 section 6.1).
  vip.takeoverMs = Math.min(TAKEOVER_MS_MAX, Math.max(40, 4 * advertMs))
  if (has(block, 'nopreempt')) vip.preempt = false
  if (!has(block, 'unicast_peer')) vip.mode = 'multicast'
  const tracked = inner('track_interface').flatMap(({ words }) =>
    INTERFACE.test(words[0] ?? '') ? [words[0] ?? ''] : [],
  )
  if (tracked.length > 0)
    vip.trackInterfaces = [...new Set([...(vip.trackInterfaces ?? []), ...tracked])].slice(0, 8)
}

const has = (block: Block, key: string): boolean =>
  block.children.some(({ words }) => words[0] === key)

/** The vip that another host has already brought: of that router id and one of its addresses. */
function vipName(wish: string, vrid: number, addresses: readonly string[], imp: Import): string {
  const { vips } = imp.sections
  const bare = (text: string) => text.split('/')[0]
  const known = Object.entries(vips).find(
    ([, vip]: readonly [string, VipDraft]) =>
      vip.vrid === vrid &&
      vip.addresses.some((one) => addresses.some((text) => bare(text) === bare(one))),
  )
  return known?.[0] ?? freeName(wish, { has: (name) => Object.hasOwn(vips, name) })
}

function readNode(
  node: string,
  kernelName: string | undefined,
  source: string | undefined,
  addresses: readonly string[],
  imp: Import,
): undefined {
  const draft: { address?: string; interface?: string } = imp.sections.nodes[node] ?? {}
  imp.sections.nodes[node] = draft
  if (draft.interface === undefined && INTERFACE.test(kernelName ?? ''))
    draft.interface = kernelName ?? ''
  const own = parseAddress(source?.split('/')[0] ?? '')
  if (draft.address !== undefined || own === undefined) return
  // The vip's prefix is the segment's where both lie in it.
  const net = addresses
    .flatMap((text) => parseNet(text, { 4: 32, 6: 128 }) ?? [])
    .find(
      (one) =>
        one.family === own.family &&
        one.prefix < (one.family === 4 ? 32 : 128) &&
        netAddress(one) === netAddress({ ...one, address: own.address }),
    )
  draft.address = net === undefined ? own.address : `${own.address}/${net.prefix}`
}

function readLine(one: Block, scripts: readonly Block[], imp: Import): undefined {
  const [first = '', second = ''] = one.words
  const { directive } = one
  const all = (fate: 'modelled' | 'replaced' | 'not-taken', why = ''): undefined => {
    imp.say(directive, fate, why)
    for (const child of one.children) imp.say(child.directive, fate, why)
  }
  if (first === 'virtual_ipaddress' || first === 'virtual_ipaddress_excluded')
    return readAddresses(one, imp)
  if (first === 'track_script') return readScripts(one, scripts, imp)
  if (first === 'advert_int') {
    const long = (secondsMs(second) ?? 0) * 4 > TAKEOVER_MS_MAX
    return imp.say(
      directive,
      long ? 'replaced' : 'modelled',
      long ? 'a takeover takes 40 s at most' : '',
    )
  }
  if (
    [
      'interface',
      'virtual_router_id',
      'priority',
      'nopreempt',
      'preempt',
      'unicast_peer',
      'track_interface',
      'version',
    ].includes(first)
  )
    return all('modelled')
  if (Object.hasOwn(REPLACED, first)) return all('replaced', REPLACED[first])
  if (first.startsWith('notify')) {
    const mails = /mail|notify|alert|slack|log/i.test(one.words.slice(1).join(' '))
    return mails
      ? all('replaced', 'the section notify tells people of transitions by mail and webhooks')
      : lose(one, 'hactl runs no script on a transition: services and health are in the spec', imp)
  }
  if (/^garp_|^gna_|^lvs_sync_daemon|^accept$|^no_accept$|^strict_mode$/.test(first))
    return all('not-taken', "keepalived's own value stays")
  lose(one, `a vip of the spec has no ${first}`, imp)
}

function lose(block: Block, why: string, imp: Import): undefined {
  imp.say(block.directive, 'not-taken', why)
  for (const child of block.children) imp.say(child.directive, 'not-taken', why)
  imp.decide(
    `${block.directive.file}:${block.directive.line}`,
    `"${block.words.join(' ')}" is not taken: ${why}`,
  )
}

function readAddresses(block: Block, imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  for (const { words, directive } of block.children) {
    const good = parseNet(words[0] ?? '', { 4: 32, 6: 128 }) !== undefined
    const why = good ? '' : `${words[0]} is no address`
    imp.say(directive, good ? 'modelled' : 'not-taken', why)
    if (!good)
      imp.decide(`${directive.file}:${directive.line}`, `"${words.join(' ')}" is not taken: ${why}`)
  }
}

/** Scripts that ask whether the proxy runs: hactl does, and better (it must answer). */
const PROXY_SCRIPT = /haproxy|nginx/i

function readScripts(block: Block, scripts: readonly Block[], imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  for (const use of block.children) {
    const name = use.words[0] ?? ''
    const script = scripts.find(({ words }) => words[1] === name)
    const command =
      script?.children
        .find(({ words }) => words[0] === 'script')
        ?.words.slice(1)
        .join(' ') ?? ''
    const proxy = PROXY_SCRIPT.test(`${name} ${command}`)
    const why = proxy
      ? 'the vip leaves a node whose proxy does not answer: the agent asks it, a script only looked for a process'
      : 'the spec runs no script: name a service (trackServices) or a mount (trackMounts) that must be healthy'
    const fate = proxy ? 'replaced' : 'not-taken'
    imp.say(use.directive, fate, why)
    for (const one of script === undefined ? [] : [script, ...script.children])
      imp.say(one.directive, fate, why)
    if (!proxy)
      imp.decide(
        `${use.directive.file}:${use.directive.line}`,
        `track_script ${name} (${command}): ${why}`,
      )
  }
}

/** Its instances move together: the vip of each has the group. */
export function readSync(block: Block, imp: Import): undefined {
  const group = nameOf(block.words[1] ?? '', 'group')
  imp.say(block.directive, 'modelled')
  for (const one of block.children) {
    if (one.words[0] !== 'group') {
      imp.say(one.directive, 'replaced', 'the section notify says of what')
      continue
    }
    imp.say(one.directive, 'modelled')
    for (const { words, directive } of one.children) {
      for (const word of words) {
        const vip = imp.sections.vips[nameOf(word, 'vip')]
        if (vip !== undefined) vip.group = group
        imp.say(
          directive,
          vip === undefined ? 'not-taken' : 'modelled',
          `there is no vrrp_instance ${word}`,
        )
      }
    }
  }
}
