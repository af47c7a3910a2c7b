// Clusters and facts for the nginx provider's tests: one with every thing the provider renders, and the routing table's.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Version } from '../../../agent/engine.ts'
import type { Facts } from '../../../agent/plan/types.ts'
import type { Cluster, ClusterCheck, ClusterProxy, ClusterRoute } from '../../../spec/cluster.ts'
import { checkSpec } from '../../../spec/check.ts'
import { fakeFacts } from '../../fakes/facts.ts'
import { cluster, kept, pool, proxy as haproxyProxy, server } from './haproxy-cases.ts'

export const FEATURES = [
  'http_ssl_module',
  'http_v2_module',
  'modules-path=/usr/lib/nginx/modules',
  'module:ngx_stream_module.so',
  'stream=dynamic',
]

export const facts = (
  version: Version,
  features: readonly string[] = FEATURES,
  more: Partial<Facts> = {},
): Facts => fakeFacts('lb1', '172.18.67.13', { engines: { nginx: { version, features } }, ...more })

export const proxy = (name: string, more: Partial<ClusterProxy> = {}): ClusterProxy =>
  haproxyProxy(name, { engine: 'nginx', retryOn: ['connect-failure', 'timeout'], ...more })

const route = (name: string, more: Partial<ClusterRoute>): ClusterRoute => ({
  name,
  ignoreCase: false,
  pool: 'app',
  when: {},
  ...more,
})
const check: ClusterCheck = {
  type: 'connect',
  intervalMs: 1500,
  timeoutMs: 2000,
  rise: 2,
  fall: 3,
  method: 'GET',
  path: '/',
  status: '200-399',
}

const withoutPool = ({ pool: _, ...rest }: ClusterProxy): ClusterProxy => rest

const KEPT = [
  kept('events', { engine: 'nginx', place: 'events', lines: ['multi_accept on;'] }),
  kept('main', { engine: 'nginx', place: 'main', lines: ['timer_resolution 100ms;'] }),
  kept('maps', {
    engine: 'nginx',
    place: 'http',
    lines: ['map $host $own {', 'default "a#b";', '}', 'gzip on;'],
  }),
  kept('tcp', { engine: 'nginx', place: 'stream', lines: ['tcp_nodelay on;'] }),
]

const sites = withoutPool(
  proxy('sites', {
    port: 8081,
    listen: ['http2', 'backlog=99'],
    pools: ['aside'],
    sites: [
      {
        name: 'app',
        names: ['app.example.org', '~^(?<sub>[a-z]{1,9})\\.example\\.org$'],
        default: true,
        lines: ['location / {', 'proxy_pass http://aside;', '}', 'access_log off;'],
      },
      { name: 'old', names: ['old.example.org'], default: false, lines: ['return 204;'] },
    ],
  }),
)

/** Every directive the provider knows, once at least. */
export const everything = (certificate: string): Cluster =>
  cluster({
    proxies: [
      proxy('db', {
        mode: 'tcp',
        port: 3306,
        addresses: ['172.18.67.33'],
        pool: 'mysql',
        maxconn: 50,
        tls: { certificate },
      }),
      proxy('plain', { forwardedFor: false, retries: 0, extra: ['add_header X-Served-By nginx;'] }),
      proxy('secure', {
        port: 443,
        tls: { certificate },
        maxconn: 2000,
        retryOn: ['connect-failure', 'empty-response', 'timeout', '500', '502', '503', '504'],
        routes: [
          route('api', {
            when: {
              pathPrefix: ['/api/', '/v(1)'],
              method: ['GET', 'POST'],
              host: ['api.example.org'],
            },
            pool: 'sticky',
          }),
          route('static', {
            when: { pathSuffix: ['.jpg', '.css'] },
            ignoreCase: true,
            pool: 'cached',
          }),
          route('pages', {
            when: { pathRegex: ['^/p/[0-9]{1,3}\\.php$', '"\\\\"'] },
            pool: 'least',
          }),
          route('beta', { when: { header: { 'X-Beta': ['yes', 'on'], Accept: ['a, b'] } } }),
        ],
      }),
      sites,
      withoutPool(
        proxy('strict', { port: 8080, routes: [route('only', { when: { pathPrefix: ['/'] } })] }),
      ),
    ],
    verbatim: KEPT,
    pools: [
      pool('app', {
        check,
        servers: [
          server('s1', { weight: 50, maxconn: 10 }),
          server('s2', { weight: 100, state: 'maint' }),
          server('s3', { state: 'drain' }),
          server('s4', { address: '2001:db8::4', weight: 0 }),
          server('spare', { backup: true }),
        ],
      }),
      pool('aside'),
      pool('cached', { balance: 'uri', check: { ...check, type: 'none' } }),
      pool('least', { balance: 'leastconn', check: { ...check, fall: 1, intervalMs: 100 } }),
      pool('mysql', { mode: 'tcp', balance: 'random' }),
      pool('sticky', {
        stick: { by: 'source', cookie: 'SRV', expireMs: 60_000, entriesMax: 1000 },
        extra: ['keepalive_requests 1000;'],
      }),
    ],
  })

/** The tutorial's cluster, resolved from spec/examples/nginx-dual-master.json. */
export function dualMaster(): Cluster {
  const checked = checkSpec(readFileSync('spec/examples/nginx-dual-master.json', 'utf8'))
  assert.ok(checked.cluster, JSON.stringify(checked.diagnostics))
  return checked.cluster
}
