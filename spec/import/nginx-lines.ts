// Directives of server and location blocks: options of the proxy, or extra lines of its server block.
import { RETRY_REASONS } from '../proxy.ts'
import { isDistributed } from './nginx-include.ts'
import { unknown } from './nginx-lost.ts'
import type { Part } from './nginx-text.ts'
import type { Import, ProxyDraft } from './types.ts'
import { extraLine, nginxMs, whole } from './words.ts'

export type Taken = { readonly proxy: ProxyDraft; readonly tls: boolean; readonly port: number }

/** One directive as an extra line. */
export const lineOf = ({ raws }: Part): string | undefined => extraLine(`${raws.join(' ')};`)

const TIMEOUTS: Readonly<Record<string, readonly [string, number]>> = {
  proxy_connect_timeout: ['connectMs', 600_000],
  proxy_read_timeout: ['serverMs', 86_400_000],
  proxy_send_timeout: ['serverMs', 86_400_000],
  proxy_timeout: ['serverMs', 86_400_000],
  keepalive_timeout: ['keepAliveMs', 600_000],
  client_header_timeout: ['httpRequestMs', 600_000],
  client_body_timeout: ['clientMs', 86_400_000],
  send_timeout: ['clientMs', 86_400_000],
}
/** Rendered for every listener with the same meaning. */
const RENDERED =
  /^(?:proxy_http_version 1\.1|proxy_redirect off|http2 on|ssl on|proxy_set_header (?:Host \$http_host|Upgrade \$http_upgrade|Connection (?:"?upgrade"?|""|\$connection_upgrade)))$/i
const HOST = /^proxy_set_header Host \$host$/i
const FORWARDED = /^proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for$/i
const REPLACED: Readonly<Record<string, string>> = {
  access_log: 'logs follow the section logs',
  error_log: 'the journal has it',
  ssl_protocols: 'TLS 1.2 and 1.3',
  ssl_certificate_key: 'one PEM file holds chain and key',
  ssl_session_cache: 'hactl renders one for each listener',
  http2_max_field_size: 'gone since nginx 1.19.7',
  http2_max_header_size: 'gone since nginx 1.19.7',
  ssl: 'the listener says it',
}
const REASONS: Readonly<Record<string, (typeof RETRY_REASONS)[number]>> = {
  error: 'connect-failure',
  timeout: 'timeout',
  invalid_header: 'empty-response',
  http_500: '500',
  http_502: '502',
  http_503: '503',
  http_504: '504',
}

/** Of http, where a listener that only passes requests on makes nothing of it. */
const IDLE: Readonly<Record<string, string>> = {
  access_log: 'logs follow the section logs',
  error_log: 'the journal has it',
  log_format: 'logs follow the section logs',
  default_type: 'a proxy sends what its servers say',
  types_hash_max_size: 'a proxy sends what its servers say',
  types_hash_bucket_size: 'a proxy sends what its servers say',
  sendfile: 'a proxy sends no files',
  tcp_nopush: 'a proxy sends no files',
  tcp_nodelay: "it is nginx's default",
  server_tokens: 'hactl hides the version',
  server_names_hash_bucket_size: 'hactl has no server names',
  server_names_hash_max_size: 'hactl has no server names',
}
/** Of http, with the same meaning in a server block. */
const INHERITED =
  /^(?:gzip|client_max|client_body_buffer|client_header_buffer|proxy_(?:buffer|busy|request_buffer|max_temp|pass_header|hide_header|ignore|set_header|http_version|redirect|next_upstream)|add_header|large_client|underscores|ignore_invalid|resolver|keepalive_requests|reset_timedout|lingering|allow|deny|limit_rate|real_ip|set_real_ip|proxy_headers_hash|ssl_(?:ciphers|prefer|session_timeout|session_tickets|dhparam|ecdh|stapling|buffer|trusted)|[a-z_]+_timeout$)/

/** A directive of http or stream, which every listener inherits. */
export function readShared(part: Part, taken: Taken, imp: Import): undefined {
  const first = part.words[0] ?? ''
  if (Object.hasOwn(IDLE, first)) return imp.say(part.directive, 'replaced', IDLE[first])
  if (first === 'include' && isDistributed(part))
    return imp.say(part.directive, 'replaced', 'a proxy sends what its servers say')
  if (!INHERITED.test(first)) return unknown(part, imp)
  readLine(part, taken, 1, 1, imp)
}

/** `same` of `all` blocks of the listener have this very line: only what all have can be said for the listener. */
export function readLine(
  part: Part,
  { proxy, tls, port }: Taken,
  same: number,
  all: number,
  imp: Import,
): undefined {
  const [first = '', second = ''] = part.words
  const text = part.words.join(' ')
  if (first === 'proxy_pass') return
  if (part.block) return unknown(part, imp, 'a block does not fit into a line')
  if (RENDERED.test(text)) return imp.say(part.directive, 'modelled')
  if (Object.hasOwn(REPLACED, first)) {
    if (first === 'ssl_certificate_key')
      imp.decide(
        `${part.directive.file}:${part.directive.line}`,
        'put the key behind the chain, into the one PEM file of ssl_certificate',
      )
    return imp.say(part.directive, 'replaced', REPLACED[first])
  }
  if (Object.hasOwn(TIMEOUTS, first)) return timeout(part, proxy, imp)
  if (HOST.test(text)) {
    // $host is without the port, which a client names on other ports only.
    if (port !== 80 && port !== 443) return unknown(part, imp, 'the spec passes the port on')
    return imp.say(part.directive, 'modelled', 'with the port, where the client names one')
  }
  if (FORWARDED.test(text)) {
    proxy.forwardedFor = true
    return imp.say(part.directive, 'modelled')
  }
  if (first === 'proxy_set_header' && /^x-forwarded-proto$/i.test(second) && tls)
    return imp.say(part.directive, 'modelled', 'with forwardedFor, where TLS ends')
  if (first.startsWith('proxy_next_upstream')) return next(part, proxy, imp)
  if (first === 'ssl_certificate') {
    if (proxy.tls === undefined && /^(?:\/[A-Za-z0-9_.@+-]{1,128}){1,16}$/.test(second)) {
      proxy.tls = { certificate: second }
      return imp.say(part.directive, 'modelled')
    }
    if (proxy.tls?.certificate === second) return imp.say(part.directive, 'modelled')
    return unknown(part, imp, 'a listener has one certificate with an absolute path')
  }
  keep(part, proxy, same, all, imp)
}

function keep(part: Part, proxy: ProxyDraft, same: number, all: number, imp: Import): undefined {
  const line = lineOf(part)
  const [first = ''] = part.words
  if (
    line === undefined ||
    /^(?:root|alias|index|autoindex|expires|try_files|include|auth_\w+|satisfy|set|break|error_page|proxy_intercept_errors|proxy_method|proxy_cache\w*|proxy_pass_request\w*|mirror|limit_req|limit_conn|limit_except|fastcgi_\w+|uwsgi_\w+|scgi_\w+|grpc_\w+|memcached_\w+|listen|server_name|internal|stub_status|proxy_redirect|if|return|rewrite|location)$/.test(
      first,
    )
  )
    return unknown(
      part,
      imp,
      'the proxy of the spec serves nothing by itself, and rewrites nothing',
    )
  if (same < all) return unknown(part, imp, 'not every location of the listener has it')
  if (!proxy.extra?.includes(line)) proxy.extra = [...(proxy.extra ?? []), line]
  imp.say(part.directive, 'kept')
}

function timeout(part: Part, proxy: ProxyDraft, imp: Import): undefined {
  const [first = '', second] = part.words
  const [key, max] = TIMEOUTS[first] ?? ['', 0]
  const ms = nginxMs(second)
  if (ms === undefined || key === '') return unknown(part, imp, 'it is no time')
  const wanted = Math.min(max, Math.max(10, ms))
  const before = proxy.timeouts?.[key]
  // One listener has one: the longest, so that nobody is cut off who was not before.
  proxy.timeouts = { ...proxy.timeouts, [key]: Math.max(before ?? 0, wanted) }
  const exact = wanted === ms && (before === undefined || before === ms)
  imp.say(
    part.directive,
    exact ? 'modelled' : 'replaced',
    'a listener has one such time, the longest of its locations, within bounds',
  )
}

function next(part: Part, proxy: ProxyDraft, imp: Import): undefined {
  const [first = '', ...words] = part.words
  const tries = whole(words[0], 1, 101)
  if (first === 'proxy_next_upstream_tries' && tries !== undefined) {
    proxy.retries = tries - 1
    return imp.say(part.directive, 'modelled')
  }
  if (first !== 'proxy_next_upstream') return unknown(part, imp, 'tries have no time of their own')
  if (words.join() === 'off') {
    if (proxy.retryOn === undefined) proxy.retries = 0
    return imp.say(part.directive, 'modelled')
  }
  const reasons = words.flatMap((word) =>
    Object.hasOwn(REASONS, word) ? (REASONS[word] ?? []) : [],
  )
  const asked = RETRY_REASONS.filter((one) => reasons.includes(one))
  if (asked.length > 0) proxy.retryOn = asked
  imp.say(
    part.directive,
    asked.length === words.length ? 'modelled' : 'replaced',
    'reasons that the spec has; never what is not idempotent',
  )
}
