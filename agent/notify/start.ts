// The notify section on a real node: the loop beside the pass, with the courier and the peers' doors.
import type { AgentConfig } from '../config.ts'
import { createCourier, waysOf } from '../host/courier.ts'
import type { Agent } from '../pass.ts'
import type { Secrets } from '../secrets.ts'
import { currentCluster } from '../target.ts'
import { askNodes, type PeerDoor, placesOf } from '../peers.ts'
import { runAgentNotify } from './index.ts'

/** Ends when the returned function is called; what is under way is given up. */
export function startNotify(
  agent: Agent,
  config: AgentConfig,
  hub: { connected(): boolean } | undefined,
  secrets: Pick<Secrets, 'line'>,
  door: PeerDoor,
): () => Promise<void> {
  const { world, status } = agent
  const stop = new AbortController()
  const courier = createCourier(world.clock, (notify) => waysOf(notify, secrets.line))
  const running = runAgentNotify(
    {
      ...{ node: agent.node, clock: world.clock, host: world.host, courier, hub },
      path: `${config.state}/notices.json`,
      cluster: () => currentCluster(agent),
      summary: status.summary,
      report: status.report,
      ask: (cluster, names) => askNodes(world.host, door, placesOf(cluster, names)),
      event: (text) => status.event('notify', text),
    },
    stop.signal,
  )
  // A broken state directory is the only way here; the pass says it too, and must not end by it.
  const ended = running.catch((thrown: unknown) =>
    status.event('notify', `cannot tell anybody: ${thrown instanceof Error ? thrown.message : ''}`),
  )
  return async () => {
    stop.abort()
    courier.close()
    await ended
  }
}
