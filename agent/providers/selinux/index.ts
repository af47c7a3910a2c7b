// What SELinux must permit on a node: booleans, and ports by their label. Turns the spec into one want, nothing else.
import type { Cluster, ClusterLvs } from '../../../spec/cluster.ts'
import type { Facts, Provider, SelinuxPort, WantSelinux } from '../../plan/types.ts'

/** Of selinux-policy: each lets a domain bind or connect to every port. */
const HAPROXY_ANY = 'haproxy_connect_any'
const KEEPALIVED_ANY = 'keepalived_connect_any'
/** Programs that run as httpd_t (httpd_selinux(8)). */
const WEB_UNIT = /^(?:httpd|apache2|nginx|php[0-9.]*-fpm)(?:@[^.]*)?\.service$/

type Booleans = WantSelinux['booleans']

export const selinux = {
  name: 'selinux',
  compile(cluster: Cluster, facts: Facts) {
    const { manage } = cluster.selinux
    const off = manage === 'off' || facts.selinux === 'disabled'
    const want: WantSelinux = {
      kind: 'selinux',
      manage,
      mode: facts.selinux,
      packager: facts.packager,
      booleans: off ? [] : booleansOf(cluster, facts.node),
      ports: off ? [] : portsOf(cluster, facts.node),
    }
    return { wants: [want], notes: [] }
  },
} satisfies Provider

/** The spec's own word wins over what is derived. Sorted by name. */
function booleansOf(cluster: Cluster, node: string): Booleans {
  const derived = [...web(cluster, node), ...storage(cluster, node)]
  const asked = Object.entries(cluster.selinux.booleans).map(([name, value]) => ({
    name,
    value,
    why: 'the spec asks for it',
  }))
  const byName = new Map([...derived, ...asked].map((one) => [one.name, one]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function web(cluster: Cluster, node: string): Booleans {
  const nginx = cluster.proxies.some((p) => p.engine === 'nginx' && p.nodes.includes(node))
  const shared = cluster.services.filter(
    ({ nodes, unit, check, after }) =>
      nodes.includes(node) && after.length > 0 && (check === 'apache' || WEB_UNIT.test(unit)),
  )
  return [
    ...(nginx
      ? [{ name: 'httpd_can_network_connect', value: true, why: 'nginx asks its pools' }]
      : []),
    ...shared.map(({ name }) => ({
      name: 'httpd_use_nfs',
      value: true,
      why: `service ${name} serves files of an NFS mount`,
    })),
  ]
}

const storage = (cluster: Cluster, node: string): Booleans =>
  cluster.exports
    .filter(({ nodes }) => nodes.includes(node))
    .map(({ name, write }) => ({
      name: write ? 'nfs_export_all_rw' : 'nfs_export_all_ro',
      value: true,
      why: `NFS export ${name}`,
    }))

/** Each port and use once; sorted, binds first. */
function portsOf(cluster: Cluster, node: string): readonly SelinuxPort[] {
  const here = cluster.proxies.filter((proxy) => proxy.nodes.includes(node))
  const haproxy = here.filter(({ engine }) => engine === 'haproxy')
  const pools = new Set(haproxy.flatMap((p) => [p.pool, ...p.routes.map(({ pool }) => pool)]))
  const all: SelinuxPort[] = [
    ...here.map(
      ({ name, port, engine }): SelinuxPort => ({
        port,
        use: 'bind',
        ...(engine === 'haproxy' ? { any: HAPROXY_ANY } : {}),
        why: `proxy ${name}`,
      }),
    ),
    ...(cluster.stats === undefined || haproxy.length === 0 ? [] : [bindOf(cluster.stats.port)]),
    ...cluster.pools
      .filter(({ name }) => pools.has(name))
      .flatMap(({ name, servers, check }) =>
        [...servers.map(({ port }) => port), ...(check.port === undefined ? [] : [check.port])].map(
          (port): SelinuxPort => ({
            port,
            use: 'connect',
            any: HAPROXY_ANY,
            why: `servers of pool ${name}`,
          }),
        ),
      ),
    ...cluster.lvs.filter(({ directors }) => directors.includes(node)).flatMap(checksOf),
  ]
  const byKey = new Map(all.map((one) => [`${one.use} ${one.port} ${one.any ?? ''}`, one]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

const bindOf = (port: number): SelinuxPort => ({
  port,
  use: 'bind',
  any: HAPROXY_ANY,
  why: 'the stats page',
})

const checksOf = ({ name, check, servers }: ClusterLvs): readonly SelinuxPort[] =>
  check.type !== 'connect' && check.type !== 'http'
    ? []
    : servers.map(({ port }) => ({
        port: check.port ?? port,
        use: 'connect',
        any: KEEPALIVED_ANY,
        why: `checks of virtual service ${name}`,
      }))
