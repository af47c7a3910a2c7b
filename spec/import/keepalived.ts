// keepalived.conf of one host as vips, virtual services and messages of the spec.
import { type Block, blocksFor, idsOf, type Source } from './keepalived-text.ts'
import { readGroup, readService } from './keepalived-lvs.ts'
import { readInstance, readSync } from './keepalived-vrrp.ts'
import type { Import } from './types.ts'
import { isName, nameOf } from './words.ts'

/** A file with conditions for several hosts (@id) is read once for each of them. */
export function importKeepalived(sources: readonly Source[], node: string, imp: Import): undefined {
  const ids = idsOf(sources)
  const hosts = ids.length === 0 || ids.includes(node) ? [node] : ids
  for (const id of hosts) {
    const name = isName(id) ? id : nameOf(id, 'node')
    imp.sections.nodes[name] ??= {}
    const blocks = blocksFor(sources, id, (directive) =>
      imp.say(directive, 'modelled', 'spelled out where it is used'),
    )
    readHost(blocks, name, imp)
  }
  for (const { directive, only } of sources)
    if (only !== undefined && !hosts.includes(only))
      imp.say(directive, 'not-taken', `it is for the host with config-id ${only}`)
}

/** Says one fate of a block and all in it. */
export function sayAll(
  block: Block,
  imp: Import,
  fate: 'modelled' | 'replaced' | 'not-taken',
  why: string,
): undefined {
  imp.say(block.directive, fate, why)
  for (const child of block.children) sayAll(child, imp, fate, why)
}

function readHost(blocks: readonly Block[], node: string, imp: Import): undefined {
  const groups = blocks.filter(({ words }) => words[0] === 'virtual_server_group')
  const scripts = blocks.filter(({ words }) => words[0] === 'vrrp_script')
  const instances = blocks.filter(({ words }) => words[0] === 'vrrp_instance')
  for (const instance of instances) readInstance(instance, node, scripts, imp)
  for (const block of blocks) {
    const [first = ''] = block.words
    if (first === 'global_defs') readGlobals(block, imp)
    else if (first === 'vrrp_sync_group') readSync(block, imp)
    else if (first === 'virtual_server_group') readGroup(block, imp)
    else if (first === 'virtual_server') readService(block, groups, imp)
    else if (!['vrrp_instance', 'vrrp_script'].includes(first)) other(block, imp)
  }
}

const TOP: Readonly<Record<string, readonly ['replaced' | 'not-taken', string]>> = {
  vrrp_track_process: [
    'replaced',
    'the agent watches the proxy itself, and services by trackServices',
  ],
  net_namespace: ['not-taken', 'hactl runs in the namespace of the node'],
  static_ipaddress: ['not-taken', 'addresses of a node belong to its network configuration'],
  static_routes: ['not-taken', 'routes of a node belong to its network configuration'],
  static_rules: ['not-taken', 'rules of a node belong to its network configuration'],
  bfd_instance: ['not-taken', 'the spec has no BFD'],
  include: ['not-taken', 'give the included file to hactl import as well'],
}
/** What changes who holds a vip, or hides a part of the configuration: a person must look at it. */
const WEIGHTY = new Set([
  'include',
  'bfd_instance',
  'static_ipaddress',
  'static_routes',
  'static_rules',
])

function other(block: Block, imp: Import): undefined {
  const [first = ''] = block.words
  const [fate, why] = (Object.hasOwn(TOP, first) ? TOP[first] : undefined) ?? [
    'not-taken' as const,
    `the spec has no ${first}`,
  ]
  sayAll(block, imp, fate, why)
  if (WEIGHTY.has(first))
    imp.decide(
      `${block.directive.file}:${block.directive.line}`,
      `"${block.words.join(' ')}" is not taken: ${why}`,
    )
}

const MAIL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,189})$/
const GLOBALS: Readonly<Record<string, string>> = {
  router_id: 'hactl renders the name of the node',
  vrrp_strict: 'it refuses unicast peers; hactl lints what the RFC asks for',
  vrrp_skip_check_adv_addr: 'a shortcut that hactl does without',
  enable_script_security: 'hactl gives keepalived no script of yours to run',
  script_user: 'hactl gives keepalived no script of yours to run',
  smtp_connect_timeout: 'the notifier has limits of its own',
  smtp_alert: 'the section notify says of what',
  dynamic_interfaces: 'the agent waits for interfaces',
  enable_dbus: 'the agent reports states',
  enable_snmp_vrrp: 'the agent reports states',
  enable_snmp_checker: 'the agent reports states',
  lvs_sync_daemon: 'see lvs_sync_daemon_interface',
  vrrp_mcast_group4: 'unicast peers need no group; with multicast it is the standard one',
}

function readGlobals(block: Block, imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  const mail: { to: string[]; from?: string; smtpHost?: string; smtpPort?: number } = { to: [] }
  for (const one of block.children) {
    const [first = '', second = '', third] = one.words
    if (first === 'notification_email') {
      imp.say(one.directive, 'modelled')
      // A block's lines, and what stands on one line with it.
      for (const { words, directive } of one.children)
        for (const word of words) {
          if (MAIL.test(word)) mail.to.push(word)
          imp.say(
            directive,
            MAIL.test(word) ? 'modelled' : 'not-taken',
            `${word} is no mail address`,
          )
        }
    } else if (first === 'notification_email_from' && MAIL.test(second)) {
      mail.from = second
      imp.say(one.directive, 'modelled')
    } else if (first === 'smtp_server' && /^[A-Za-z0-9][A-Za-z0-9.:-]{0,253}$/.test(second)) {
      mail.smtpHost = second
      if (third !== undefined && /^[0-9]{1,5}$/.test(third)) mail.smtpPort = Number(third)
      imp.say(one.directive, 'modelled')
    } else if (first === 'vrrp_version') imp.say(one.directive, 'modelled', 'version 3 by default')
    else if (Object.hasOwn(GLOBALS, first)) imp.say(one.directive, 'replaced', GLOBALS[first])
    else if (
      /^vrrp_(?:garp|gna)_|^garp_|^vrrp_(?:priority|rt_priority|no_swap)|^(?:checker|vrrp)_/.test(
        first,
      )
    )
      imp.say(one.directive, 'not-taken', "keepalived's own value stays")
    else sayAll(one, imp, 'not-taken', `the spec has no ${first}`)
  }
  const version = block.children.find(({ words }) => words[0] === 'vrrp_version')?.words[1]
  if (version === '2') for (const vip of Object.values(imp.sections.vips)) vip.vrrpVersion = 2
  addMail(mail, imp)
}

function addMail(
  mail: { to: string[]; from?: string; smtpHost?: string; smtpPort?: number },
  imp: Import,
): undefined {
  const to = [...new Set(mail.to)].slice(0, 20)
  if (to.length === 0) return
  if (mail.from === undefined || mail.smtpHost === undefined) {
    imp.decide(
      '/notify/mail',
      `who sends the mail to ${to.join(', ')}, and by which relay ("from", "smtpHost")`,
    )
    return
  }
  imp.sections.notify = { mail: { ...mail, to } }
}
