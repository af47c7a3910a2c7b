// Whether an order would leave nobody to serve, as far as the hub can see. The agents look for themselves once more. Pure.
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import { serverIsUp } from '../spec/metric.ts'
import { type OrderKind, serverOf } from '../spec/order.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'

type Drained = (about: string) => boolean

const isDrained =
  ({ orders = [] }: ClusterStatus): Drained =>
  (about) =>
    orders.some((one) => one.kind === 'drain' && one.about === about)

/** Why a drain of this would leave nobody; undefined when somebody is left. Pauses leave everybody. */
export function unsafe(
  kind: OrderKind,
  about: string,
  status: ClusterStatus,
  cluster: Cluster,
): string | undefined {
  if (kind === 'pause') return undefined
  const of = serverOf(about)
  return of === undefined
    ? nodeDrain(about, status, cluster)
    : serverDrain(of.pool, of.server, status, cluster)
}

function nodeDrain(node: string, status: ClusterStatus, cluster: Cluster): string | undefined {
  const vips = cluster.vips.filter((vip) => vip.peers.some((peer) => peer.node === node))
  if (vips.length === 0) return `${node} is a peer of no vip: it has nothing to give up`
  const alone = vips.flatMap((vip) => {
    const why = whyNobody(vip, node, status)
    return why === undefined ? [] : [`vip ${vip.name}: ${why}`]
  })
  return alone.length === 0 ? undefined : `nobody else could hold ${alone.join('; ')}`
}

/** undefined when a peer can hold it. */
function whyNobody(vip: ClusterVip, node: string, status: ClusterStatus): string | undefined {
  const others = vip.peers.filter((peer) => peer.node !== node)
  const whys = others.map((peer) => {
    const seen = status.nodes.find((one) => one.node === peer.node)
    const why = whyNot(vip.name, seen, isDrained(status))
    return why === undefined ? undefined : `${peer.node} ${why}`
  })
  if (whys.includes(undefined)) return undefined
  return whys.length === 0 ? 'it has no other peer' : whys.join(', ')
}

function whyNot(vip: string, seen: NodeStatus | undefined, drained: Drained): string | undefined {
  if (seen?.summary === undefined || seen.stale) return 'is not heard'
  if (drained(seen.node)) return 'is drained itself'
  if (seen.summary.unfit?.includes(vip) === true) return 'is not fit to'
  const { condition } = seen
  return condition === 'Ready' || condition === 'Paused' ? undefined : `is ${condition}`
}

function serverDrain(
  pool: string,
  server: string,
  status: ClusterStatus,
  { pools, lvs }: Cluster,
): string | undefined {
  const drained = isDrained(status)
  const found = pools.find(({ name }) => name === pool)
  const taking =
    found === undefined
      ? (lvs.find(({ name }) => name === pool)?.servers ?? []).filter(({ weight }) => weight > 0)
      : found.servers.filter(({ state, weight }) => state === 'ready' && weight > 0)
  const left = taking.filter(({ name }) => name !== server && !drained(`${pool}/${name}`))
  if (left.length === 0) return `${server} is the last server of ${pool} that takes clients`
  // nginx does not tell which servers it holds for dead: UNKNOWN says neither up nor down.
  const down = status.nodes.filter(({ report, stale }) => {
    const seen = stale
      ? []
      : (report?.servers ?? []).filter((one) => one.pool === pool && one.status !== 'UNKNOWN')
    const up = seen.some(
      (one) => left.some(({ name }) => name === one.server) && serverIsUp(one.status),
    )
    return seen.length > 0 && !up
  })
  const names = down.map(({ node }) => node).join(', ')
  return down.length === 0 ? undefined : `no other server of ${pool} is up (${names})`
}
