// A listener: where it listens, what it tells the servers, when it goes to the next one.
import type { ClusterProxy } from '../../../spec/cluster.ts'
import type { RetryReason } from '../../../spec/proxy.ts'
import type { Version } from '../../engine.ts'
import { HEALTH_PATH } from '../haproxy/paths.ts'
import { bindsOf } from '../listen.ts'
import { has } from './profiles.ts'
import { targetOf } from './routing.ts'
import { block, duration, endpoint, headOf, variable, verbatim } from './words.ts'

/** nginx has one word for a failed connect and a connection that ends early (proxy_next_upstream, "error"). */
const CONDITIONS: Readonly<Record<RetryReason, readonly string[]>> = {
  'connect-failure': ['error'],
  'empty-response': ['error', 'invalid_header'],
  timeout: ['timeout'],
  '500': ['http_500'],
  '502': ['http_502'],
  '503': ['http_503'],
  '504': ['http_504'],
}

/** POST and the like are not sent twice once a server may have seen them: never non_idempotent. */
function retryLines({ retries, retryOn }: ClusterProxy): readonly string[] {
  const words = [...new Set(retryOn.flatMap((reason) => CONDITIONS[reason]))]
  if (retries === 0 || words.length === 0) return ['proxy_next_upstream off;']
  return [`proxy_next_upstream ${words.join(' ')};`, `proxy_next_upstream_tries ${retries + 1};`]
}

/** The certificate file holds chain and key, as haproxy's crt. */
export const tlsLines = ({ tls, mode }: ClusterProxy): readonly string[] =>
  tls === undefined
    ? []
    : [
        `ssl_certificate ${tls.certificate};`,
        `ssl_certificate_key ${tls.certificate};`,
        'ssl_protocols TLSv1.2 TLSv1.3;',
        // A zone belongs to http or to stream.
        `ssl_session_cache shared:hactl_tls_${mode}:10m;`,
      ]

/** v6only keeps the IPv6 wildcard from taking the IPv4 one as well. */
export function listenLines(
  proxy: ClusterProxy,
  ipv6: boolean,
  words: readonly string[],
): readonly string[] {
  return bindsOf(proxy.addresses, proxy.port, ipv6).map(({ address, port }) => {
    const only = address.includes(':') ? ['ipv6only=on'] : []
    return `listen ${[endpoint(address, port), ...words, ...only].join(' ')};`
  })
}

export const zoneOf = (proxy: ClusterProxy): string => `hactl_${variable(proxy.name)}`

/** Connections with a request on their way, all workers together; the one too many gets 503 or is closed. */
export const limitLine = (proxy: ClusterProxy): readonly string[] =>
  proxy.maxconn === undefined ? [] : [`limit_conn ${zoneOf(proxy)} ${proxy.maxconn};`]

export const limitZone = (proxy: ClusterProxy): readonly string[] =>
  proxy.maxconn === undefined ? [] : [`limit_conn_zone $server_port zone=${zoneOf(proxy)}:32k;`]

function proxyLines(proxy: ClusterProxy): readonly string[] {
  const { timeouts } = proxy
  const { to, mayBeEmpty } = targetOf(proxy)
  // The only use of "if" that does what it says: nothing but a return in it.
  const guard = mayBeEmpty ? block(`if (${to} = "")`, ['return 503;']) : []
  return [
    ...guard,
    `proxy_pass http://${to};`,
    'proxy_redirect off;',
    `proxy_connect_timeout ${duration(timeouts.connectMs)};`,
    `proxy_send_timeout ${duration(timeouts.serverMs)};`,
    `proxy_read_timeout ${duration(timeouts.serverMs)};`,
    ...retryLines(proxy),
    'proxy_set_header Host $http_host;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $hactl_connection;',
    ...(proxy.forwardedFor ? ['proxy_set_header X-Forwarded-For $hactl_forwarded_for;'] : []),
    // Only where TLS ends here; in clear text another proxy in front may have said https already.
    ...(proxy.forwardedFor && proxy.tls !== undefined
      ? ['proxy_set_header X-Forwarded-Proto https;']
      : []),
    // A location with one of its own inherits no header of the server block.
    ...verbatim(headers(proxy)),
  ]
}

/** As haproxy does it: no limit on a body, 16 kB for headers of either side, no answer on the disk. */
const AS_HAPROXY = [
  'server_tokens off;',
  'default_type text/plain;',
  'client_max_body_size 0;',
  'large_client_header_buffers 4 16k;',
  'proxy_buffer_size 16k;',
  'proxy_buffers 8 16k;',
  'proxy_busy_buffers_size 32k;',
  'proxy_max_temp_file_size 0;',
  'proxy_http_version 1.1;',
  'limit_conn_status 503;',
]
/** What an extra line sets is the operator's; nginx takes most directives once in a block. */
const asHaproxy = ({ extra }: ClusterProxy): readonly string[] =>
  AS_HAPROXY.filter((line) => !extra.some((one) => headOf(one) === headOf(line)))

const isHeader = (line: string): boolean => line.startsWith('proxy_set_header ')
const headers = ({ extra }: ClusterProxy): readonly string[] => extra.filter(isHeader)

/** `http2` is false where the build has no module for it. */
export function httpServer(
  proxy: ClusterProxy,
  version: Version,
  options: { readonly ipv6: boolean; readonly http2: boolean; readonly log: string },
): readonly string[] {
  const { timeouts } = proxy
  const h2 = proxy.tls !== undefined && options.http2
  const tls = proxy.tls === undefined ? [] : ['ssl']
  const words = [...tls, ...(h2 && has(version, 'listen http2') ? ['http2'] : []), ...proxy.listen]
  return block('server', [
    `# proxy ${proxy.name}`,
    ...listenLines(proxy, options.ipv6, words),
    ...(h2 && has(version, 'http2 on') ? ['http2 on;'] : []),
    ...tlsLines(proxy),
    options.log,
    ...asHaproxy(proxy),
    `client_header_timeout ${duration(timeouts.httpRequestMs)};`,
    `client_body_timeout ${duration(timeouts.clientMs)};`,
    `send_timeout ${duration(timeouts.clientMs)};`,
    `keepalive_timeout ${duration(timeouts.keepAliveMs)};`,
    ...limitLine(proxy),
    ...block(`location = ${HEALTH_PATH}`, ['access_log off;', 'return 200 "ok\\n";']),
    ...block('location /', proxyLines(proxy)),
    ...verbatim(proxy.extra.filter((line) => !isHeader(line))),
  ])
}
