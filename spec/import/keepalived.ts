// keepalived.conf of one host as vips, virtual services and messages of the spec.
import { ownedWhy } from '../keepalived-words.ts'
import { mailOf, readGlobals } from './keepalived-globals.ts'
import { readGroup } from './keepalived-group.ts'
import { type Host, keep, lose, renamed, replace, sayAll } from './keepalived-keep.ts'
import { readService, staysWhole } from './keepalived-lvs.ts'
import { type Block, blocksFor, idsOf, type Source } from './keepalived-text.ts'
import { readInstance } from './keepalived-vrrp.ts'
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
    readHost(blocks, name, new Set(sources.map(({ directive }) => directive.file)), imp)
  }
  for (const { directive, only } of sources)
    if (only !== undefined && !hosts.includes(only))
      imp.say(directive, 'not-taken', `it is for the host with config-id ${only}`)
}

function readHost(
  blocks: readonly Block[],
  node: string,
  files: ReadonlySet<string>,
  imp: Import,
): undefined {
  const of = (keyword: string) => blocks.filter(({ words }) => words[0] === keyword)
  const globals = of('global_defs').flatMap(({ children }) => children)
  const value = (key: string) => globals.find(({ words }) => words[0] === key)?.words[1]
  const host: Host = {
    node,
    imp,
    files,
    vips: new Map(),
    user: value('script_user'),
    mails: mailOf(globals).to.length > 0,
    version: value('vrrp_version') ?? '2',
    proxied: proxiedScripts(of('vrrp_script'), imp),
  }
  // So that a host is known to have no line where others have one.
  const { kept } = imp.sections
  kept['globals'] = { [node]: [], ...kept['globals'] }
  for (const instance of of('vrrp_instance')) readInstance(instance, host)
  const groups = of('virtual_server_group')
  const whole = new Set(
    of('virtual_server').flatMap((block) =>
      block.words[1] === 'group' && staysWhole(block, groups, imp) ? [block.words[2]] : [],
    ),
  )
  for (const block of blocks) {
    const [first = '', name = ''] = block.words
    if (first === 'global_defs') readGlobals(block, host)
    else if (first === 'vrrp_sync_group') readGroup(block, host)
    else if (first === 'virtual_server_group' && !whole.has(name)) sayAll(block, imp, 'modelled')
    else if (first === 'vrrp_script' && host.proxied.has(name)) watched(block, imp)
    else if (first === 'virtual_server') readService(block, groups, host)
    else if (first !== 'vrrp_instance') other(block, host)
  }
}

/** Scripts that ask whether the proxy runs, where the spec has this proxy: hactl asks it itself, and better (it must answer). */
function proxiedScripts(scripts: readonly Block[], { kinds }: Import): ReadonlySet<string> {
  const asks = (block: Block) => {
    const text = block.children.find(({ words }) => words[0] === 'script')?.words.join(' ') ?? ''
    const proxy = /haproxy|nginx/i.exec(`${block.words[1]} ${text}`)?.[0].toLowerCase()
    return (proxy === 'haproxy' || proxy === 'nginx') && kinds.has(proxy)
  }
  return new Set(scripts.filter(asks).map(({ words }) => words[1] ?? ''))
}

function watched(block: Block, imp: Import): undefined {
  replace(
    block,
    'the vip leaves a node whose proxy does not answer: the agent asks it, a script only looked for a process',
    imp,
  )
}

const SINGLE: Readonly<Record<string, string>> = {
  net_namespace: 'hactl runs keepalived in the namespace of the node',
  net_namespace_ipvs: 'hactl runs keepalived in the namespace of the node',
}

function other(block: Block, host: Host): undefined {
  const { imp } = host
  const [first = ''] = block.words
  if (/^include/.test(first)) return readInclude(block, host)
  if (Object.hasOwn(SINGLE, first)) return lose(block, SINGLE[first] ?? '', imp)
  const owned = ownedWhy('blocks', first)
  if (owned !== undefined) return sayAll(block, imp, 'not-taken', owned)
  if (!block.braces) return sayAll(block, imp, 'not-taken', 'it stands in no block')
  keep(first === 'track_group' ? renamed(block, host) : block, 'blocks', '', host)
}

/** Files that are named beside this one are read with it; the last part of the name tells, `*` for anything. */
function readInclude(block: Block, { files, imp }: Host): undefined {
  const base = (path: string) => path.split('/').at(-1) ?? ''
  const parts = base(block.words[1] ?? '').split('*')
  const fits = (name: string) =>
    parts.length === 1
      ? name === parts[0]
      : name.startsWith(parts[0] ?? '') && name.endsWith(parts.at(-1) ?? '')
  const read = [...files].some((file) => file !== block.directive.file && fits(base(file)))
  if (read) return imp.say(block.directive, 'modelled', 'the file is read as well')
  lose(block, 'give the included file to hactl import as well', imp)
}
