// What the report says of nginx's servers: only what is known. nginx keeps to itself which ones it holds for dead.
import type { Cluster } from '../../../spec/cluster.ts'
import type { ServerHealth } from '../../../spec/report.ts'
import { poolsOf, proxiesOn } from '../listen.ts'

/** One entry per server behind nginx on this node; UNKNOWN unless the spec itself takes it out. */
export function nginxServers(cluster: Cluster, node: string): readonly ServerHealth[] {
  const pools = poolsOf(cluster, proxiesOn(cluster, node, 'nginx'))
  return pools.flatMap((pool) =>
    pool.servers.map(({ name, weight, state }) => {
      const out = state !== 'ready' || weight === 0
      return {
        pool: pool.name,
        server: name,
        status: out ? 'MAINT' : 'UNKNOWN',
        why: out ? 'taken out by the spec' : 'nginx does not tell which servers it holds for dead',
        weight: out ? 0 : weight,
        sessions: 0,
      }
    }),
  )
}
