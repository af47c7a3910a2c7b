// The agent looks at its own node as `hactl doctor` does: the cheap checks, now and then, into its report.
import type { Cluster } from '../spec/cluster.ts'
import type { AgentConfig } from './config.ts'
import type { Finding, Patient } from './doctor/types.ts'
import { textOf } from './failure.ts'
import type { Facts } from './plan/types.ts'
import type { Status } from './status.ts'
import type { World } from './world.ts'

/** After the first passes, so that what they put right is not called a fault. */
const FIRST_MS = 20_000
const FIRST_JITTER_MS = 10_000
const EVERY_MS = 600_000
const CONFIG_PATH = '/etc/hactl/agent.json'

/** What of the agent is looked at. */
export type Examined = {
  readonly world: Pick<World, 'clock' | 'random'>
  readonly status: Status
  readonly node: string
  readonly facts: () => Promise<Facts>
  /** undefined while no spec is known. */
  readonly cluster: () => Cluster | undefined
}

/** agent/host/doctor's door; a fake in tests. */
export type Examine = (
  patient: Patient,
  depth: 'cheap',
) => Promise<{ readonly findings: readonly Finding[] }>

/**
 * Runs until aborted. New errors become events, once each; a doctor that fails is an event and never ends the agent.
 */
export async function examineOften(
  agent: Examined,
  config: AgentConfig,
  examine: Examine,
  signal: AbortSignal,
): Promise<void> {
  const { world, status } = agent
  const sinceReady = watchReady(agent)
  let known: readonly string[] = []
  const sleep = (ms: number) => world.clock.sleep(ms, signal).catch(() => undefined)
  await sleep(FIRST_MS + world.random.between(0, FIRST_JITTER_MS))
  while (!signal.aborted) {
    try {
      const patient = await patientOf(agent, config, sinceReady())
      const { findings } = await examine(patient, 'cheap')
      if (signal.aborted) return
      status.details({ findings })
      const errors = findings.filter((f) => f.severity === 'error').map((f) => f.what)
      for (const what of errors) if (!known.includes(what)) status.event('agent', `doctor: ${what}`)
      known = errors
    } catch (thrown) {
      status.event('agent', `cannot examine the node: ${textOf(thrown)}`)
    }
    await sleep(EVERY_MS)
  }
}

/** Milliseconds since the agent was last Ready; undefined before the first time. */
function watchReady({ status, world }: Examined): () => number | undefined {
  let readyMs: number | undefined
  const look = () => {
    if (status.summary().condition === 'Ready') readyMs = world.clock.monotonic()
  }
  status.onChange(look)
  return () => {
    look()
    return readyMs === undefined ? undefined : world.clock.monotonic() - readyMs
  }
}

async function patientOf(
  agent: Examined,
  config: AgentConfig,
  sinceReadyMs: number | undefined,
): Promise<Patient> {
  const { condition, reason } = agent.status.summary()
  return {
    node: agent.node,
    cluster: agent.cluster(),
    facts: await agent.facts(),
    peerPort: config.peer.port,
    hub: config.hub?.url.startsWith('http') === true ? config.hub.url : undefined,
    statePath: config.state,
    // Where it was read from is known to the command line only; the doctor asks the usual place.
    configPath: CONFIG_PATH,
    nowMs: agent.world.clock.now(),
    quiet: true,
    agent: {
      answers: true,
      condition,
      reason,
      ...(sinceReadyMs === undefined ? {} : { sinceReadyMs }),
    },
  }
}
