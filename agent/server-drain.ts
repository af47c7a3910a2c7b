// Drained servers: the spec as this node acts by it has them drained, so that every file, reload and restart has them so. Pure.
import type { Cluster } from '../spec/cluster.ts'
import { serverIsUp } from '../spec/metric.ts'
import { serverOf } from '../spec/order.ts'
import type { ServerHealth } from '../spec/report.ts'
import type { KeptOrder, OrderBook } from './order-book.ts'

/** What orders about servers come to. */
export type ServerDrains = {
  /** "pool/server" that take no new clients. */
  readonly drained: ReadonlySet<string>
  /** Why an order is not followed, by its id. */
  readonly refused: ReadonlyMap<string, string>
}

type Taking = { readonly name: string; readonly takes: boolean }

function serversOf(cluster: Cluster, pool: string): readonly Taking[] {
  const found = cluster.pools.find(({ name }) => name === pool)
  if (found !== undefined)
    return found.servers.map(({ name, state, weight }) => ({
      name,
      takes: state === 'ready' && weight > 0,
    }))
  const virtual = cluster.lvs.find(({ name }) => name === pool)
  return (virtual?.servers ?? []).map(({ name, weight }) => ({ name, takes: weight > 0 }))
}

/** nginx does not tell which servers it holds for dead: that says neither up nor down. */
const isKnown = ({ status }: ServerHealth): boolean => status !== 'UNKNOWN'

function whyNot(
  cluster: Cluster,
  order: KeptOrder,
  drained: ReadonlySet<string>,
  health: readonly ServerHealth[],
): string | undefined {
  const { pool, server } = serverOf(order.about) ?? { pool: '', server: '' }
  const servers = serversOf(cluster, pool)
  if (!servers.some(({ name }) => name === server)) return 'the spec of this node does not have it'
  const left = servers.filter(
    ({ name, takes }) => takes && name !== server && !drained.has(`${pool}/${name}`),
  )
  if (left.length === 0) return `it is the last server of ${pool} that takes clients`
  // Once it is drained, the death of the others is no reason to send clients to where somebody works.
  if (order.taken === true) return undefined
  const seen = health.filter((one) => one.pool === pool && isKnown(one))
  const up = left.some(({ name }) =>
    seen.some((one) => one.server === name && serverIsUp(one.status)),
  )
  return seen.length === 0 || up ? undefined : `no other server of ${pool} is up`
}

/** In the order in which they were given: of two that would empty a pool the later one is not followed. */
export function serverDrains(
  cluster: Cluster,
  { orders }: OrderBook,
  health: readonly ServerHealth[],
  hubMayForce: boolean,
): ServerDrains {
  const drained = new Set<string>()
  const refused = new Map<string, string>()
  for (const order of orders) {
    if (order.kind !== 'drain' || serverOf(order.about) === undefined) continue
    const force = order.force === true && (order.here || hubMayForce)
    const why = force ? undefined : whyNot(cluster, order, drained, health)
    if (why === undefined) drained.add(order.about)
    else refused.set(order.id, why)
  }
  return { drained, refused }
}

/** The same spec, digest and all, with these servers drained. */
export function withDrained(cluster: Cluster, drained: ReadonlySet<string>): Cluster {
  if (drained.size === 0) return cluster
  return {
    ...cluster,
    pools: cluster.pools.map((pool) => ({
      ...pool,
      servers: pool.servers.map((server) =>
        drained.has(`${pool.name}/${server.name}`) && server.state === 'ready'
          ? { ...server, state: 'drain' }
          : server,
      ),
    })),
    lvs: cluster.lvs.map((one) => ({
      ...one,
      servers: one.servers.map((server) =>
        drained.has(`${one.name}/${server.name}`) ? { ...server, weight: 0 } : server,
      ),
    })),
  }
}

/** Tells one set from another. */
export const drainedKey = (drained: ReadonlySet<string>): string => [...drained].sort().join(' ')
