// A checked spec in normal form. Every default of the schema's descriptions has its one home here.
import assert from 'node:assert/strict'
import { HOST_PREFIX, NODE_PREFIX, parseAddress } from './address.ts'
import type {
  Cluster,
  ClusterNode,
  ClusterPool,
  ClusterProxy,
  ClusterServer,
  ClusterTimeouts,
  ClusterVip,
} from './cluster.ts'
import { digestOf } from './hash.ts'
import { REMOVALS_MAX, TAKEOVER_MS_DEFAULT, VERIFY_TRIES_MAX } from './limits.ts'
import { resolveKeepalived } from './keepalived.ts'
import { known, netOf } from './known.ts'
import { entries, member } from './maps.ts'
import type { Node } from './node.ts'
import { notifyOf } from './notify.ts'
import type { Pool, Server } from './pool.ts'
import type { ProxySection, RetryReason } from './proxy.ts'
import { resolveHost } from './resolve-host.ts'
import { resolveLvs } from './resolve-lvs.ts'
import { resolveExports, resolveMounts } from './resolve-storage.ts'
import { poolsInExtra, routesOf } from './routes.ts'
import type { Spec } from './schema.ts'
import { secretsOf } from './secrets.ts'
import { singlePoints } from './spof.ts'
import type { Vip } from './vip.ts'
import { allocateVrids, nodeNets, peerNet } from './vrid.ts'

/** Needs a spec without errors (checkSpec): it throws on one whose references or addresses are wrong. */
export function resolve(spec: Spec): Cluster {
  const vrids = allocateVrids(spec)
  const { target, facility, requests } = spec.logs ?? {}
  return {
    name: spec.cluster,
    digest: digestOf(spec),
    ...(spec.serial !== undefined && { serial: spec.serial }),
    nodes: entries(spec.nodes).map(([name, node]) => nodeOf(name, node)),
    vips: entries(spec.vips).map(([name, vip]) => vipOf(spec, name, vip, vrids.get(name))),
    proxies: entries(spec.proxies).map(([name, proxy]) => proxyOf(spec, name, proxy)),
    pools: entries(spec.pools).map(([name, pool]) => poolOf(spec, name, pool)),
    verbatim: entries(spec.verbatim).map(([name, one]) => ({
      name,
      engine: one.engine,
      place: one.place,
      section: one.section ?? '',
      nodes: [...(one.nodes ?? Object.keys(spec.nodes))].sort(),
      lines: one.lines,
    })),
    lvs: resolveLvs(spec),
    keepalived: resolveKeepalived(spec.keepalived),
    exports: resolveExports(spec),
    mounts: resolveMounts(spec),
    secrets: secretsOf(spec.secrets),
    ...resolveHost(spec),
    ...(spec.stats && { stats: spec.stats }),
    logs: {
      facility: facility ?? 'local2',
      requests: requests ?? true,
      ...(target !== undefined && { target }),
    },
    ...(spec.notify && { notify: notifyOf(spec.notify, spec.secrets) }),
    ...(spec.hub && { hubUrl: spec.hub.url }),
    singlePoints: singlePoints(spec).map(({ text }) => text),
    rollout: {
      removalsMax: spec.rollout?.removalsMax ?? REMOVALS_MAX,
      peerWaitMs: spec.rollout?.peerWaitMs ?? 10_000,
      drift: spec.rollout?.drift ?? 'heal',
      verify: {
        by: spec.rollout?.verify?.by ?? ['peers', 'hub'],
        tries: spec.rollout?.verify?.tries ?? VERIFY_TRIES_MAX,
        timeoutMs: spec.rollout?.verify?.timeoutMs ?? 800,
        answers: spec.rollout?.verify?.answers ?? 'same',
      },
    },
  }
}

function nodeOf(name: string, node: Node): ClusterNode {
  return {
    name,
    net: netOf(node.address, NODE_PREFIX),
    ...(node.interface !== undefined && { interface: node.interface }),
    links: entries(node.links).map(([link, { address, interface: kernelName }]) => ({
      name: link,
      net: netOf(address, NODE_PREFIX),
      ...(kernelName !== undefined && { interface: kernelName }),
    })),
    labels: Object.fromEntries(entries(node.labels)),
  }
}

function vipOf(spec: Spec, name: string, vip: Vip, vrid: number | undefined): ClusterVip {
  assert(vrid !== undefined, `vip ${name} has no vrid`)
  const nets = vip.addresses.map((text) => netOf(text, HOST_PREFIX))
  const takeoverMs = vip.takeoverMs ?? TAKEOVER_MS_DEFAULT
  const peers = entries(vip.peers).map(([node, { priority, interface: kernelName }]) => {
    const net = peerNet(nodeNets(known(spec.nodes, node)), nets[0])
    assert(net !== undefined, `node ${node} has no address`)
    return {
      node,
      priority,
      address: net.address,
      ...(kernelName !== undefined && { interface: kernelName }),
    }
  })
  return {
    name,
    nets,
    peers: peers.sort((a, b) => b.priority - a.priority),
    vrid,
    takeoverMs,
    // Three missed adverts and a skew below one more make a takeover (RFC 9568 section 6.1); the wire
    // carries centiseconds.
    advertMs: Math.floor(takeoverMs / 4 / 10) * 10,
    preempt: vip.preempt ?? true,
    onSplit: vip.onSplit ?? 'report',
    mode: vip.mode ?? 'unicast',
    vrrpVersion: vip.vrrpVersion === 2 ? 2 : 3,
    trackInterfaces: vip.trackInterfaces ?? [],
    trackServices: vip.trackServices ?? [],
    trackMounts: vip.trackMounts ?? [],
    ...(vip.group !== undefined && { group: vip.group }),
    ...(vip.auth && { auth: vip.auth }),
    addressOptions: Object.fromEntries(
      entries(vip.addressOptions).map(([text, words]) => [netOf(text, HOST_PREFIX).address, words]),
    ),
    extra: vip.extra ?? [],
  }
}

function addressesOf(spec: Spec, proxy: ProxySection): readonly string[] {
  if (proxy.addresses !== undefined)
    return proxy.addresses.map((a) => netOf(a, HOST_PREFIX).address)
  if (proxy.bind !== 'vip' || proxy.vip === undefined) return ['*']
  return known(spec.vips, proxy.vip).addresses.map((a) => netOf(a, HOST_PREFIX).address)
}

/** Nodes that run a proxy, by name: the peers of its vip, or the nodes it names. */
export function nodesOf(spec: Spec, proxy: ProxySection): readonly string[] {
  const vip = member(spec.vips, proxy.vip)
  return (vip === undefined ? [...(proxy.nodes ?? [])] : Object.keys(vip.peers)).sort()
}

/** What each engine does by itself: haproxy's retry-on, nginx's proxy_next_upstream. */
const RETRY_DEFAULT: Readonly<Record<'haproxy' | 'nginx', readonly RetryReason[]>> = {
  haproxy: ['connect-failure'],
  nginx: ['connect-failure', 'timeout'],
}

function proxyOf(spec: Spec, name: string, proxy: ProxySection): ClusterProxy {
  const mode = proxy.mode ?? 'http'
  const engine = proxy.engine ?? 'haproxy'
  return {
    name,
    ...(proxy.vip !== undefined && { vip: proxy.vip }),
    nodes: nodesOf(spec, proxy),
    engine,
    mode,
    port: proxy.port,
    addresses: addressesOf(spec, proxy),
    listen: proxy.listen ?? [],
    ...(proxy.tls && { tls: proxy.tls }),
    sites: entries(proxy.sites).map(([site, { names = [], default: takesAll = false, lines }]) => ({
      name: site,
      names,
      default: takesAll,
      lines,
    })),
    pools: proxy.pools ?? [],
    ...(proxy.pool !== undefined && { pool: proxy.pool }),
    routes: routesOf(proxy),
    ...(proxy.maxconn !== undefined && { maxconn: proxy.maxconn }),
    timeouts: timeoutsOf(proxy),
    ...(proxy.verify && { verify: { path: '/', ...proxy.verify } }),
    forwardedFor: mode === 'http' && (proxy.forwardedFor ?? true),
    retries: proxy.retries ?? 3,
    retryOn: proxy.retryOn ?? RETRY_DEFAULT[engine],
    extra: proxy.extra ?? [],
  }
}

function timeoutsOf(proxy: ProxySection | undefined): ClusterTimeouts {
  const { timeouts } = proxy ?? {}
  return {
    connectMs: timeouts?.connectMs ?? 5_000,
    clientMs: timeouts?.clientMs ?? 60_000,
    serverMs: timeouts?.serverMs ?? 60_000,
    queueMs: timeouts?.queueMs ?? 30_000,
    httpRequestMs: timeouts?.httpRequestMs ?? 10_000,
    keepAliveMs: timeouts?.keepAliveMs ?? 10_000,
    tunnelMs: timeouts?.tunnelMs ?? 3_600_000,
  }
}

function poolOf(spec: Spec, name: string, pool: Pool): ClusterPool {
  // Mode, timeouts and retries belong to a backend in haproxy but are written at the proxy here: the
  // first proxy by name that uses the pool decides.
  const user = entries(spec.proxies).find(([, proxy]) => poolsOf(proxy).includes(name))?.[1]
  const { stick, check } = pool
  return {
    name,
    mode: user?.mode ?? 'http',
    balance: pool.balance ?? 'roundrobin',
    ...(pool.balanceOn !== undefined && { balanceOn: pool.balanceOn }),
    servers: entries(pool.servers).map(([server, value]) => serverOf(spec, server, value)),
    check: {
      ...check,
      type: check?.type ?? 'connect',
      intervalMs: check?.intervalMs ?? 2_000,
      timeoutMs: check?.timeoutMs ?? 2_000,
      rise: check?.rise ?? 2,
      fall: check?.fall ?? 3,
      method: check?.method ?? 'GET',
      path: check?.path ?? '/',
      status: check?.status ?? '200-399',
    },
    ...(stick && {
      stick: {
        by: stick.by,
        cookie: stick.cookie ?? 'SRV',
        expireMs: stick.expireMs ?? 1_800_000,
        entriesMax: stick.entriesMax ?? 200_000,
      },
    }),
    timeouts: timeoutsOf(user),
    retries: user?.retries ?? 3,
    redispatch: user?.redispatch ?? true,
    ...(pool.resolvers !== undefined && { resolvers: pool.resolvers }),
    extra: pool.extra ?? [],
  }
}

/** Pools a proxy can send to, each once, in the order it tries them. */
export const poolsOf = (proxy: ProxySection): readonly string[] => [
  ...new Set([
    ...routesOf(proxy).map((route) => route.pool),
    ...(proxy.pool ? [proxy.pool] : []),
    ...poolsInExtra(proxy.extra ?? []),
    ...(proxy.pools ?? []),
  ]),
]

function serverOf(spec: Spec, name: string, server: Server): ClusterServer {
  const text = server.address ?? ''
  const node = server.node === undefined ? undefined : known(spec.nodes, server.node)
  const literal = node ? netOf(node.address, NODE_PREFIX) : parseAddress(text)
  return {
    name,
    address: literal?.address ?? text,
    port: server.port,
    weight: server.weight ?? 100,
    ...(server.maxconn !== undefined && { maxconn: server.maxconn }),
    backup: server.backup ?? false,
    state: server.state ?? 'ready',
    ...(server.check !== undefined && { check: server.check }),
    literal: literal !== undefined,
  }
}
