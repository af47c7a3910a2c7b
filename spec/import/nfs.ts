// /etc/exports and /etc/fstab: exports and NFS mounts of the spec.
import { parseNet } from '../address.ts'
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
/** What the spec renders always, or what is so by default. */
const USUAL = new Set([
  'no_subtree_check',
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
    else if (!USUAL.has(option)) lost.push(option)
  }
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

export function importExports(lines: readonly Directive[], node: string, imp: Import): undefined {
  for (const line of lines) {
    const where = `${line.file}:${line.line}`
    const [path = '', ...clients] = line.text.replace(/^"([^"]*)"/, '$1').split(' ')
    const groups = new Map<string, { options: Options; networks: string[] }>()
    const lost: string[] = []
    for (const client of clients.length === 0 ? ['*'] : clients) {
      const found = /^([^()]*)(?:\(([^()]*)\))?$/.exec(client)
      const networks = networksOf(found?.[1] ?? 'x')
      if (found === null || networks.length === 0) lost.push(`client ${client}`)
      const options = exportOptions(found?.[2] ?? '')
      lost.push(...options.lost)
      const key = JSON.stringify(options.draft)
      const group = groups.get(key) ?? { options, networks: [] }
      groups.set(key, { ...group, networks: [...group.networks, ...networks] })
    }
    const [first, ...more] = [...groups.values()].filter(({ networks }) => networks.length > 0)
    if (!PATH.test(path) || first === undefined) {
      const why = 'an export has a plain absolute path and clients by address or network'
      imp.say(line, 'not-taken', why)
      imp.decide(where, `"${line.text}" is not taken: ${why}`)
      continue
    }
    if (more.length > 0)
      lost.push(`the options of ${more.flatMap(({ networks }) => networks).join(' ')}`)
    addExport(
      line,
      path,
      node,
      { ...first.options.draft, clients: { networks: [...new Set(first.networks)] } },
      imp,
    )
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

const MOUNT_USUAL =
  /^(?:defaults|rw|ro|hard|_netdev|auto|bg|intr|nofail|proto=tcp|tcp|x-systemd\..*|retry=\d+|)$/

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
    const lost = options.filter(
      (one) => !MOUNT_USUAL.test(one) && !/^(?:soft|(?:nfs)?vers=.*)$/.test(one),
    )
    const draft: Draft = {
      server: (found[1] ?? '').replace(/^\[|\]$/g, ''),
      source: root,
      path,
      ...(version !== undefined && { version }),
      ...(options.includes('ro') && { write: false }),
      ...(options.includes('soft') && { hard: false }),
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
