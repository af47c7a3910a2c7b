// Clusters and facts for the haproxy provider's tests: the tutorial, and one with every thing the provider renders.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkSpec } from '../../../spec/check.ts'
import type {
  Cluster,
  ClusterCheck,
  ClusterPool,
  ClusterProxy,
  ClusterServer,
  ClusterTimeouts,
  ClusterVerbatim,
} from '../../../spec/cluster.ts'
import type { Facts } from '../../../agent/plan/types.ts'
import type { Version } from '../../../agent/engine.ts'
import { fakeFacts } from '../../fakes/facts.ts'

/** What EL7 to EL10 and Debian 11 to 13 ship or shipped (FIELD 4.1), and 3.2. */
export const VERSIONS: readonly Version[] = [
  [1, 5, 18],
  [1, 8, 23],
  [1, 8, 27],
  [2, 2, 9],
  [2, 4, 17],
  [2, 4, 22],
  [2, 6, 12],
  [2, 8, 14],
  [3, 0, 5],
  [3, 0, 11],
  [3, 2, 0],
]

const timeouts: ClusterTimeouts = {
  connectMs: 5000,
  clientMs: 60_000,
  serverMs: 60_000,
  queueMs: 30_000,
  httpRequestMs: 10_000,
  keepAliveMs: 10_000,
  tunnelMs: 3_600_000,
}
const connect: ClusterCheck = {
  type: 'connect',
  intervalMs: 2000,
  timeoutMs: 2000,
  rise: 2,
  fall: 3,
  method: 'GET',
  path: '/',
  status: '200-399',
}

export function server(name: string, more: Partial<ClusterServer> = {}): ClusterServer {
  return {
    name,
    address: '172.18.67.11',
    port: 8080,
    weight: 100,
    backup: false,
    state: 'ready',
    literal: true,
    ...more,
  }
}
export function pool(name: string, more: Partial<ClusterPool> = {}): ClusterPool {
  return {
    name,
    mode: 'http',
    balance: 'roundrobin',
    servers: [server('s1'), server('s2', { address: '172.18.67.12' })],
    check: connect,
    timeouts,
    retries: 3,
    redispatch: true,
    extra: [],
    ...more,
  }
}
export function proxy(name: string, more: Partial<ClusterProxy> = {}): ClusterProxy {
  return {
    name,
    nodes: ['lb1'],
    engine: 'haproxy',
    mode: 'http',
    port: 80,
    addresses: ['*'],
    listen: [],
    pool: 'app',
    sites: [],
    pools: [],
    routes: [],
    timeouts,
    forwardedFor: true,
    retries: 3,
    retryOn: ['connect-failure'],
    extra: [],
    ...more,
  }
}
export const kept = (name: string, more: Partial<ClusterVerbatim>): ClusterVerbatim => ({
  ...{ name, engine: 'haproxy', place: 'global', section: '', nodes: ['lb1'], lines: [] },
  ...more,
})
export function cluster(more: Partial<Cluster> = {}): Cluster {
  return {
    name: 'test',
    digest: '0'.repeat(64),
    nodes: [
      {
        name: 'lb1',
        net: { address: '172.18.67.13', prefix: 24, family: 4 },
        links: [],
        labels: {},
      },
    ],
    vips: [],
    proxies: [proxy('web')],
    pools: [pool('app')],
    secrets: [],
    verbatim: [],
    lvs: [],
    keepalived: { globals: [], blocks: [], groups: {} },
    exports: [],
    mounts: [],
    services: [],
    packages: [],
    sysctl: [],
    modules: [],
    firewall: { manage: 'open', allow: [] },
    selinux: { manage: 'set', booleans: {} },
    logs: { facility: 'local2', requests: true },
    rollout: {
      ...{ removalsMax: 10, peerWaitMs: 10_000, drift: 'heal' },
      verify: { by: ['peers', 'hub'], tries: 3, timeoutMs: 800, answers: 'same' },
    },
    singlePoints: [],
    ...more,
  }
}
export const facts = (version: Version, more: Partial<Facts> = {}): Facts =>
  fakeFacts('lb1', '172.18.67.13', {
    interfaces: [],
    addresses: [],
    engines: { haproxy: { version, features: [] } },
    filesMax: 524_288,
    ...more,
  })

const OWN_CHECK = { intervalMs: 500, rise: 5, fall: 1 }
const http = (more: Partial<ClusterCheck>): ClusterCheck => ({ ...connect, type: 'http', ...more })

const KEPT = [
  kept('dns', {
    place: 'section',
    section: 'resolvers own',
    lines: ['nameserver a 127.0.0.1:53'],
  }),
  kept('limits', { lines: ['tune.bufsize 16384', 'maxconn 900'] }),
  kept('elsewhere', { nodes: ['lb2'], lines: ['tune.bufsize 1'] }),
]

/** Every route, check, balance, stick, mode and option in one cluster. `certificate` must exist for a real check. */
export function everything(certificate: string): Cluster {
  return cluster({
    nodes: [
      {
        name: 'lb1',
        net: { address: '172.18.67.13', prefix: 24, family: 4 },
        links: [{ name: 'six', net: { address: 'fd00::13', prefix: 64, family: 6 } }],
        labels: {},
      },
    ],
    stats: {
      port: 10_086,
      path: '/admin?stats',
      admin: true,
      refreshMs: 5000,
      users: {
        admin: { passwordHash: '$5$hactlexample$o7pE1N7L3HstBMPa.kYMFkN22XF02A0pzGEdi0jEBDC' },
      },
    },
    logs: { facility: 'local2', requests: false, target: '127.0.0.1:514' },
    proxies: [
      proxy('database', {
        mode: 'tcp',
        port: 3306,
        addresses: ['172.18.67.33', 'fd00::33'],
        vip: 'db',
        pool: 'mysql',
        forwardedFor: false,
      }),
      proxy('web', {
        port: 443,
        tls: { certificate },
        maxconn: 30_000,
        routes: [
          {
            name: 'files',
            ignoreCase: true,
            pool: 'static',
            when: { pathSuffix: ['.jpg', '.css'] },
          },
          {
            name: 'admin',
            ignoreCase: false,
            pool: 'api',
            when: {
              pathPrefix: ['/wp-admin', '-odd'],
              host: ['www.example.com', 'example.com'],
              method: ['GET', 'POST'],
              header: { 'X-Realm': ['blue moon'], 'User-Agent': ['a, b'] },
            },
          },
          {
            name: 'odd',
            ignoreCase: true,
            pool: 'names',
            when: { pathRegex: ['^/a#b\\.php$', '\\d{2,3}|[^/]+'] },
          },
        ],
        ...{ listen: ['backlog', '100'], extra: ['http-request set-header X-Edge hactl'] },
      }),
    ],
    verbatim: KEPT,
    pools: [
      pool('api', {
        balance: 'hdr',
        balanceOn: 'X-User',
        check: http({
          method: 'HEAD',
          path: '/ok?a=1',
          host: 'api.local',
          status: '200',
          port: 81,
        }),
        stick: { by: 'cookie', cookie: 'SRV', expireMs: 1_800_000, entriesMax: 200_000 },
        servers: [
          server('a1', { maxconn: 200 }),
          server('a2', { state: 'maint' }),
          server('a3', { state: 'drain', weight: 20 }),
          server('a4', { address: 'fd00::14', backup: true, check: OWN_CHECK }),
        ],
      }),
      pool('app', { balance: 'random', check: http({ status: '200-301' }) }),
      pool('mysql', {
        mode: 'tcp',
        balance: 'source',
        check: { ...connect, type: 'tcp', send: 'PING now', expect: '+PONG # x' },
        stick: { by: 'source', cookie: 'SRV', expireMs: 90_000, entriesMax: 200_000 },
      }),
      pool('names', {
        ...{ balance: 'url_param', balanceOn: 'user', redispatch: false },
        servers: [server('n1', { address: 'localhost', literal: false })],
        check: { ...connect, type: 'none' },
        extra: ['server extra 127.0.0.1:9 weight 7'],
      }),
      pool('static', { balance: 'static-rr', check: http({ path: '/check.txt' }) }),
    ],
  })
}

/** The tutorial's cluster, resolved from spec/examples/wordpress.json. */
export function wordpress(): Cluster {
  const checked = checkSpec(readFileSync('spec/examples/wordpress.json', 'utf8'))
  assert.ok(checked.cluster, JSON.stringify(checked.diagnostics))
  return checked.cluster
}
