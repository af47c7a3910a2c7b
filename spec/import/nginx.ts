// nginx.conf of one host: upstreams are pools, listeners are proxies, server names and locations are routes.
import { type Listener, readServers } from './nginx-server.ts'
import type { Part } from './nginx-text.ts'
import { readUpstream } from './nginx-upstream.ts'
import type { Import } from './types.ts'
import { extraLine, freeName, nameOf } from './words.ts'

const OWN: Readonly<Record<string, string>> = {
  user: 'hactl renders it',
  worker_processes: 'one for each CPU',
  worker_rlimit_nofile: 'follows from the connections',
  pid: 'hactl has its own in /run/hactl',
  error_log: 'the journal has it',
  access_log: 'logs follow the section logs',
  log_format: 'logs follow the section logs',
  include: 'give the included file to hactl import as well; types are rendered',
  default_type: 'a proxy sends what its servers say',
  types_hash_max_size: 'a proxy sends what its servers say',
  sendfile: 'a proxy sends no files',
  tcp_nopush: 'a proxy sends no files',
  tcp_nodelay: "it is nginx's default",
  multi_accept: "nginx's default serves",
  use: 'nginx finds the best by itself',
  worker_connections: 'hactl renders it for the node',
  load_module: 'the package loads its modules',
}
/** Directives of http that mean the same in each server block. */
const INHERITED =
  /^(?:gzip|client_max|client_body_buffer|client_header_buffer|proxy_(?:buffer|busy|request_buffer|max_temp|pass_header|hide_header|ignore)|server_tokens|add_header|large_client|underscores|ignore_invalid|resolver|keepalive_requests|reset_timedout|server_names_hash|lingering|open_file|etag|expires|allow|deny|limit_rate|real_ip|set_real_ip|proxy_headers_hash|ssl_(?:ciphers|prefer|session_timeout|session_tickets|dhparam|ecdh|stapling|buffer|trusted))/

export function importNginx(tree: readonly Part[], node: string, imp: Import): undefined {
  const parts = tree.flatMap((part) =>
    ['http', 'stream', 'events'].includes(part.words[0] ?? '') ? [part] : [],
  )
  for (const part of parts) imp.say(part.directive, 'modelled')
  const inside = (word: string) =>
    parts.filter(({ words }) => words[0] === word).flatMap(({ children }) => children)
  const top = tree.filter((part) => !parts.includes(part))
  for (const part of inside('events')) own(part, imp)
  // A file below conf.d has no http around it.
  readContext([...top, ...inside('http')], 'http', node, imp)
  readContext(inside('stream'), 'tcp', node, imp)
}

function readContext(
  parts: readonly Part[],
  mode: 'http' | 'tcp',
  node: string,
  imp: Import,
): undefined {
  const { pools } = imp.sections
  const upstreams = new Map<string, string>()
  for (const part of parts.filter(({ words }) => words[0] === 'upstream')) {
    const name = freeName(nameOf(part.words[1] ?? '', 'pool'), {
      has: (one) => Object.hasOwn(pools, one),
    })
    upstreams.set(part.words[1] ?? '', name)
    pools[name] = readUpstream(part, mode, imp)
  }
  const rest = parts.filter(
    ({ words, block }) => !(block && ['upstream', 'server'].includes(words[0] ?? '')),
  )
  const inherited = rest.filter(
    (part) => !part.block && Object.hasOwn(OWN, part.words[0] ?? '') === false,
  )
  const servers = parts.filter(({ words, block }) => block && words[0] === 'server')
  const shared: Part[] = []
  for (const part of rest) {
    const first = part.words[0] ?? ''
    if (Object.hasOwn(OWN, first)) own(part, imp)
    else if (
      inherited.includes(part) &&
      /timeout$|^proxy_(?:set_header|http_version|redirect|next_upstream)/.test(first)
    )
      shared.push(part)
    else if (
      !part.block &&
      mode === 'http' &&
      INHERITED.test(first) &&
      lineOf(part) !== undefined &&
      servers.length > 0
    )
      shared.push(part)
    else unknown(part, imp)
  }
  const listeners: readonly Listener[] = readServers(
    servers,
    shared,
    { mode, node, upstreams },
    imp,
  )
  if (listeners.length === 0)
    for (const part of shared)
      imp.say(part.directive, 'not-taken', 'no server block of the files inherits it')
}

/** One directive as an extra line. */
export const lineOf = ({ raws }: Part): string | undefined => extraLine(`${raws.join(' ')};`)

function own(part: Part, imp: Import): undefined {
  const first = part.words[0] ?? ''
  imp.say(
    part.directive,
    'replaced',
    Object.hasOwn(OWN, first) ? OWN[first] : 'hactl renders it for the node',
  )
  if (first === 'include' && !/mime\.types|modules/.test(part.words[1] ?? ''))
    imp.decide(
      `${part.directive.file}:${part.directive.line}`,
      `"${part.directive.text}": give that file to hactl import as well`,
    )
  for (const child of part.children) own(child, imp)
}

/** A block or directive with no place, and all in it. */
export function unknown(
  part: Part,
  imp: Import,
  why = 'it has no place in a server block of the spec',
): undefined {
  const all = (one: Part): undefined => {
    imp.say(one.directive, 'not-taken', why)
    one.children.forEach(all)
  }
  all(part)
  imp.decide(
    `${part.directive.file}:${part.directive.line}`,
    `"${part.directive.text.slice(0, 100)}" is not taken: ${why}`,
  )
}
