// /etc/exports and /etc/fstab: exports and NFS mounts of the spec.
import { parseNet } from '../address.ts'
import { EXPORT_HOST, EXPORT_OWNED, MOUNT_OPTION, MOUNT_OWNED } from '../storage.ts'
import type { Directive, Draft, Import } from './types.ts'
import { freeName, nameOf, whole } from './words.ts'

const PATH = /^(?:\/[A-Za-z0-9_.@+-]{1,128}){1,16}$/

/** Lines without comments; a backslash at the end joins the next one. */
export function plainLines(text: string, file: string): readonly Directive[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const found: Directive[] = []
  for (let at = 0; at < lines.length; at++) {
    const first = at
    let whole = lines[at] ?? ''
    while (/\\$/.test(whole) && at + 1 < lines.length)
      whole = `${whole.slice(0, -1)} ${lines[++at]}`
    const plain = whole.replace(/(?:^|\s)#.*$/, '').trim()
    if (plain !== '') found.push({ file, line: first + 1, text: plain.replace(/\s+/g, ' ') })
  }
  return found
}

type Options = { readonly draft: Draft; readonly lost: readonly string[] }
/** What is so by default, or in hactl always. */
const USUAL = new Set([
  'no_subtree_check',
  'no_all_squash',
  'hide',
  'secure',
  'wdelay',
  'no_acl',
  'acl',
  'sec=sys',
  'root_squash',
  'ro',
  'sync',
  '',
])

function exportOptions(text: string): Options {
  const draft: Draft = {}
  const lost: string[] = []
  const more: string[] = []
  for (const option of text.split(',')) {
    const [key = '', value] = option.split('=')
    const number = whole(value, 0, 2_147_483_647)
    if (key === 'rw') draft['write'] = true
    else if (key === 'async') draft['sync'] = false
    else if (key === 'no_root_squash') draft['squash'] = 'none'
    else if (key === 'all_squash') draft['squash'] = 'all'
    else if (key === 'anonuid' && number !== undefined) draft['anonUid'] = number
    else if (key === 'anongid' && number !== undefined) draft['anonGid'] = number
    else if (key === 'fsid' && number !== undefined && number > 0) draft['fsid'] = number
    else if (USUAL.has(option)) continue
    else if (MOUNT_OPTION.test(option) && !EXPORT_OWNED.test(option)) more.push(option)
    else lost.push(option)
  }
  if (more.length > 0) draft['options'] = [...new Set(more)]
  return { draft, lost }
}

/** 192.0.2.0/255.255.255.0 too; everybody is both halves of the addresses. */
function networksOf(client: string): readonly string[] {
  if (client === '*' || client === '0.0.0.0/0' || client === '') return ['0.0.0.0/1', '128.0.0.0/1']
  const [address = '', mask] = client.split('/')
  const bits = (mask ?? '')
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('')
  const text =
    mask?.includes('.') && /^1+0*$/.test(bits) ? `${address}/${bits.lastIndexOf('1') + 1}` : client
  const net = parseNet(text, { 4: 32, 6: 128 })
  return net === undefined ? [] : [text]
}

type Group = {
  readonly options: Options
  readonly networks: readonly string[]
  readonly hosts: readonly string[]
}
const clientsOf = ({ networks, hosts }: Group) => ({
  ...(networks.length > 0 && { networks: [...new Set(networks)] }),
  ...(hosts.length > 0 && { hosts: [...new Set(hosts)] }),
})

export function importExports(lines: readonly Directive[], node: string, imp: Import): undefined {
  for (const line of lines) {
    const where = `${line.file}:${line.line}`
    const [path = '', ...clients] = line.text.replace(/^"([^"]*)"/, '$1').split(' ')
    const groups = new Map<string, Group>()
    const lost: string[] = []
    // `-rw,sync` before the clients is for those that follow on the line (exports(5)).
    let before = ''
    for (const client of clients.length === 0 ? ['*'] : clients) {
      if (/^-[a-z_]/.test(client)) {
        before = client.slice(1)
        continue
      }
      const found = /^([^()]*)(?:\(([^()]*)\))?$/.exec(client)
      const name = found?.[1] ?? ''
      const networks = found === null ? [] : networksOf(name)
      const hosts = networks.length === 0 && EXPORT_HOST.test(name) ? [name] : []
      if (networks.length + hosts.length === 0) lost.push(`client ${client}`)
      const options = exportOptions(
        [before, found?.[2] ?? ''].filter((one) => one !== '').join(','),
      )
      lost.push(...options.lost)
      const key = JSON.stringify(options.draft)
      const group = groups.get(key) ?? { options, networks: [], hosts: [] }
      groups.set(key, {
        ...group,
        networks: [...group.networks, ...networks],
        hosts: [...group.hosts, ...hosts],
      })
    }
    const [first, ...more] = [...groups.values()].filter(
      ({ networks, hosts }) => networks.length + hosts.length > 0,
    )
    if (!PATH.test(path) || first === undefined) {
      const why = 'an export has a plain absolute path and clients by address, network or name'
      imp.say(line, 'not-taken', why)
      imp.decide(where, `"${line.text}" is not taken: ${why}`)
      continue
    }
    if (more.length > 0)
      lost.push(
        `the options of ${more.flatMap(({ networks, hosts }) => [...networks, ...hosts]).join(' ')}`,
      )
    addExport(line, path, node, { ...first.options.draft, clients: clientsOf(first) }, imp)
    const why = `exported, but without ${lost.join(', ')}`
    imp.say(line, lost.length > 0 ? 'not-taken' : 'modelled', why)
    if (lost.length > 0) imp.decide(where, `${path} is ${why}`)
  }
}

function addExport(
  line: Directive,
  path: string,
  node: string,
  draft: Draft,
  imp: Import,
): undefined {
  const { exports } = imp.sections
  const same = Object.values(exports).find(
    (one) =>
      one['path'] === path &&
      JSON.stringify({ ...one, nodes: 0 }) === JSON.stringify({ nodes: 0, path, ...draft }),
  )
  const nodes = same?.['nodes']
  if (same !== undefined && Array.isArray(nodes)) {
    same['nodes'] = [...nodes, node]
    return
  }
  const name = freeName(nameOf(path.slice(1), 'export'), {
    has: (one) => Object.hasOwn(exports, one),
  })
  if (Object.values(exports).some((one) => one['path'] === path))
    imp.decide(
      `${line.file}:${line.line}`,
      `${path} is exported twice, or otherwise on another host`,
    )
  exports[name] = { nodes: [node], path, ...draft }
}

/** What the spec says, hactl's units do, or the kernel does not look at since 2.6.25 (`intr`, nfs(5)). */
const MOUNT_USUAL =
  /^(?:defaults|rw|ro|hard|soft|(?:nfs)?vers=(?:3|4|4\.[12])|_netdev|auto|fg|bg|intr|nointr|nofail|x-systemd\..*|retry=\d+|)$/

export function importFstab(lines: readonly Directive[], node: string, imp: Import): undefined {
  for (const line of lines) {
    const [source = '', path = '', type = '', optionText = 'defaults'] = line.text.split(' ')
    if (!/^nfs4?$/.test(type)) {
      imp.say(line, 'kept', "not NFS: it stays in the node's own fstab, which hactl does not touch")
      continue
    }
    const found = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):(\/.*)$/.exec(source)
    const root = found?.[2] === '/' ? undefined : found?.[2]
    if (found === null || root === undefined || !PATH.test(root) || !PATH.test(path)) {
      const why = 'a mount has a server, its directory and a plain mount point'
      imp.say(line, 'not-taken', why)
      imp.decide(`${line.file}:${line.line}`, `"${line.text}" is not taken: ${why}`)
      continue
    }
    const options = optionText.split(',')
    const version = options.flatMap(
      (one) => /^(?:nfs)?vers=(3|4|4\.1|4\.2)$/.exec(one)?.[1] ?? [],
    )[0]
    const other = options.filter((one) => !MOUNT_USUAL.test(one))
    const more = other.filter((one) => MOUNT_OPTION.test(one) && !MOUNT_OWNED.test(one))
    const lost = other.filter((one) => !more.includes(one))
    const draft: Draft = {
      server: (found[1] ?? '').replace(/^\[|\]$/g, ''),
      source: root,
      path,
      ...(version !== undefined && { version }),
      ...(options.includes('ro') && { write: false }),
      ...(options.includes('soft') && { hard: false }),
      ...(more.length > 0 && { options: [...new Set(more)] }),
    }
    addMount(draft, node, imp)
    const why = `mounted by hactl's own unit, without ${lost.join(', ')}`
    imp.say(line, lost.length > 0 ? 'replaced' : 'modelled', lost.length > 0 ? why : '')
    if (lost.length > 0) imp.decide(`${line.file}:${line.line}`, `${path} is ${why}`)
  }
}

function addMount(draft: Draft, node: string, imp: Import): undefined {
  const { mounts } = imp.sections
  const bare = JSON.stringify(draft)
  for (const mount of Object.values(mounts)) {
    const { nodes, ...rest } = mount
    if (JSON.stringify(rest) !== bare || !Array.isArray(nodes)) continue
    mount['nodes'] = [...nodes, node]
    return
  }
  const wish = nameOf(String(draft['path']).slice(1), 'mount')
  mounts[freeName(wish, { has: (one) => Object.hasOwn(mounts, one) })] = { nodes: [node], ...draft }
}
