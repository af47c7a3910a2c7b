// Between passes: who holds the vips, and how the servers are, as heartbeats should tell it.
import type { Cluster } from '../spec/cluster.ts'
import type { ServerHealth } from '../spec/report.ts'
import { textOf } from './failure.ts'
import { tableShape, tableText } from './observe-ipvs.ts'
import type { Agent } from './pass.ts'
import { parseStat } from './providers/haproxy/live.ts'
import { proxiesOn } from './providers/listen.ts'
import { nginxServers } from './providers/nginx/servers.ts'
import { SOCKET_PATH } from './providers/haproxy/paths.ts'
import { lvsHealth } from './providers/lvs/health.ts'
import { parseIpvs } from './providers/lvs/table.ts'
import { holdsOf, type Status } from './status.ts'
import { withDrained } from './server-drain.ts'
import { currentCluster } from './target.ts'

/** How often the kernel's addresses and haproxy's servers are looked at. */
const WATCH_MS = 200
const SERVERS_EVERY = 5

/** Until the signal; never throws. `wake` when the IPVS table is another: a check did it, or somebody's hand. */
export async function watch(agent: Agent, signal: AbortSignal, wake: () => void): Promise<void> {
  let held: readonly string[] | undefined
  let shape: string | undefined
  for (let turn = 0; !signal.aborted; turn++) {
    try {
      const cluster = currentCluster(agent)
      const now = holdsOf(cluster, await agent.world.host.addresses())
      sayTransitions(agent.status, held, now)
      held = now
      agent.status.holds(now)
      if (turn % SERVERS_EVERY === 0 && cluster !== undefined) {
        const { servers, table } = await lookAtServers(
          agent,
          withDrained(cluster, agent.state.servers.drained),
        )
        if (servers !== undefined) agent.status.details({ servers })
        if (shape !== undefined && table !== undefined && table !== shape) wake()
        shape = table
      }
    } catch (thrown) {
      agent.status.event('agent', `cannot look at the node: ${textOf(thrown)}`)
    }
    await agent.world.clock.sleep(WATCH_MS, signal).catch(() => undefined)
  }
}

type Looked = {
  readonly servers?: readonly ServerHealth[]
  /** Rows of the IPVS table; absent on a node that is no director. */
  readonly table?: string
}

async function lookAtServers({ world, node }: Agent, cluster: Cluster): Promise<Looked> {
  const haproxies = proxiesOn(cluster, node, 'haproxy').length > 0
  const nginx = nginxServers(cluster, node)
  const directs = cluster.lvs.some((lvs) => lvs.directors.includes(node))
  if (!haproxies && nginx.length === 0 && !directs) return {}
  // Not running is the pass's to say; here it only means that no server is known.
  const csv = haproxies ? await world.host.ask(SOCKET_PATH, 'show stat').catch(() => '') : ''
  if (!directs) return { servers: [...parseStat(csv), ...nginx] }
  const text = await tableText(world)
  return {
    servers: [...parseStat(csv), ...nginx, ...lvsHealth(cluster, node, parseIpvs(text))],
    table: tableShape(text),
  }
}

function sayTransitions(
  status: Status,
  before: readonly string[] | undefined,
  now: readonly string[],
) {
  for (const hold of now) {
    if (before !== undefined && !before.includes(hold)) status.event('transition', `took ${hold}`)
  }
  for (const hold of before ?? []) {
    if (!now.includes(hold)) status.event('transition', `gave up ${hold}`)
  }
}
