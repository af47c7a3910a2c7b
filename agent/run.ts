// The agent's life: one lock, one loop at its own pace. A push shortens the sleep, it never runs code itself.
import type { Secret } from '../spec/secret.ts'
import type { Cluster } from '../spec/cluster.ts'
import { NODES_MAX } from '../spec/limits.ts'
import { watchArp } from './arp-watch.ts'
import { watchCertificates } from './certificates.ts'
import { examine } from './host/doctor/index.ts'
import { probeFacts } from './host/facts.ts'
import { takeLock } from './host/lock.ts'
import { createLogDoor } from './host/logs.ts'
import { createLogDesk } from './logs.ts'
import { beatingRun, createNotifier, notifySocket } from './host/notify.ts'
import type { AgentConfig } from './config.ts'
import { type Believed, openHubKey } from './enrol.ts'
import { createFilesView } from './files.ts'
import { type DrainDeps, keepsVip, watchDrain } from './drain.ts'
import { examineOften } from './examine.ts'
import { identityPath } from './identity.ts'
import { openMachine } from './machine.ts'
import { tellOrders } from './orders.ts'
import { metricsText } from './metrics.ts'
import { policyOf } from './config-trust.ts'
import { openTrust } from './trust.ts'
import { startNotify } from './notify/start.ts'
import { lookers } from './outside/lookers.ts'
import { type Agent, pass } from './pass.ts'
import { emptyPassState } from './pass-state.ts'
import { askersOf, createPeers } from './peers.ts'
import { withDrained } from './server-drain.ts'
import { type OwnDoor, openPeerDoor } from './doors.ts'
import { engines } from './providers/index.ts'
import { enrolDoors } from './host/enrol-doors.ts'
import { type Secrets, tellRecipient } from './secrets.ts'
import { sourcesOf } from './sources.ts'
import { AGAIN_MS, createPace, type Pace } from './pace.ts'
import { watchSplits } from './split.ts'
import { createStatus } from './status.ts'
import { clusterName, currentCluster, provenCluster, takenClusters } from './target.ts'
import { watch } from './watch.ts'
import { servePeers } from './uplink/peer-server.ts'
import { createEventQueue, type EventQueue, startUplink, type Uplink } from './uplink/index.ts'
import { startWatches } from './health-watch.ts'
import type { Facts } from './plan/types.ts'
import type { World } from './world.ts'
import type { Yielding } from './yield.ts'

/** Versions of installed programs are probed anew after this, and at once when one is missing. */
const FACTS_AGE_MS = 60_000

export async function runAgent(
  config: AgentConfig,
  agentVersion: string,
  signal: AbortSignal,
  say: (line: string, revision?: number) => void,
): Promise<void> {
  const lock = await takeLock(`${config.state}/lock`)
  const { host, world, memory, secrets, log } = await openMachine(config, say)
  const { vault } = secrets
  const status = createStatus(world, memory, config.node, agentVersion, vault.redact)
  status.onEvent(({ kind, text }) => log(`${kind}: ${text}`))
  const events = createEventQueue()
  status.onEvent((event) => events.push(event))
  for (const what of memory.damaged) status.event('agent', what)
  status.event('agent', `agent ${agentVersion} started`)
  const notifier = createNotifier({
    socket: notifySocket(),
    monotonic: world.clock.monotonic,
    log,
  })
  const trust = config.trust && (await openTrust(host, memory, policyOf(config.trust)))
  const pace = createPace()
  const key = await openHubKey(config, {
    ...world,
    doors: enrolDoors(host),
    say: (text) => status.event('agent', text),
    ready: pace.wake,
  })
  const door = await openPeerDoor(config, key, world, status)
  const agent: Agent = {
    // Commands are run by passes alone; what runs beside the loop must not feed its watchdog.
    world: { ...world, host: vault.sealed({ ...host, run: beatingRun(host.run, notifier.beat) }) },
    node: config.node,
    engines,
    memory,
    trust,
    vault,
    status,
    peers: createPeers(host, door),
    outside: lookers(config, world, pace.wake, () => takenClusters(agent), door),
    sources: sourcesOf(config, { world, memory, ...key, wake: pace.wake, signal }),
    facts: cachedFacts(world, config.node, () => enginesOf(currentCluster(agent), config.node)),
    signal,
    proofs: new Map(),
    state: emptyPassState(trust?.doubt()),
  }
  const eyes = { ...agent, ...world, cluster: () => currentCluster(agent) }
  const yields = new Map<string, Yielding>()
  const doors = openDoors(agent, {
    ...{ config, agentVersion, ...key, door, events, wake: pace.wake, log, yields, secrets },
  })
  notifier.ready()
  try {
    await Promise.all([
      loop(agent, config.intervalMs, pace, notifier.beat, signal),
      watch(agent, signal, pace.wake),
      key.keepTrying(signal),
      door.keep(signal),
      examineOften(eyes, config, examine, signal),
      watchSplits({ ...eyes, ...askersOf(host, door), fence: config.fence, yields }, signal),
      watchDrain(drainDeps(agent, eyes.cluster, askersOf(host, door).ask), signal),
      watchArp(eyes, signal),
      watchCertificates({ ...eyes, own: identityPath(config.state) }, signal),
      tellRecipient(secrets, status, world.clock, signal),
    ])
  } finally {
    for (const close of doors) await close()
    await lock.release()
  }
}

async function loop(
  agent: Agent,
  intervalMs: number,
  pace: Pace,
  beat: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { again, withinMs = Number.POSITIVE_INFINITY } = await pass(agent)
    beat()
    const jitterMs = agent.world.random.between(0, Math.floor(intervalMs / 5))
    const ms = again ? AGAIN_MS : Math.min(intervalMs + jitterMs, withinMs)
    await pace.sleep(agent.world.clock, ms, signal, beat)
  }
}

/** Programs that this node needs by the spec it follows; one that is not there may be installed any moment. */
function enginesOf(cluster: Cluster | undefined, node: string): readonly string[] {
  const proxies = cluster?.proxies.filter((proxy) => proxy.nodes.includes(node)) ?? []
  const vips = cluster?.vips.filter((vip) => vip.peers.some((peer) => peer.node === node)) ?? []
  return [...proxies.map((proxy) => proxy.engine), ...vips.map(() => 'keepalived')]
}

function cachedFacts(
  world: World,
  node: string,
  needed: () => readonly string[],
): () => Promise<Facts> {
  let known: { readonly facts: Facts; readonly atMs: number } | undefined
  return async () => {
    const nowMs = world.clock.monotonic()
    const engines = known?.facts.engines ?? {}
    const missing = needed().some((name) => engines[name] === undefined)
    if (known === undefined || missing || nowMs - known.atMs > FACTS_AGE_MS) {
      known = { facts: await probeFacts(world.host, node), atMs: nowMs }
      return known.facts
    }
    const [addresses, interfaces] = await Promise.all([
      world.host.addresses(),
      world.host.interfaces(),
    ])
    return { ...known.facts, addresses, interfaces }
  }
}

type Close = () => Promise<void> | void

type DoorNeeds = {
  readonly config: AgentConfig
  readonly agentVersion: string
  readonly token: () => Secret
  readonly ca: () => Believed
  readonly door: OwnDoor
  readonly events: EventQueue
  readonly wake: () => void
  readonly log: (line: string) => void
  readonly secrets: Secrets
  readonly yields: ReadonlyMap<string, Yielding>
}

/** Peers ask us, the hub hears us, keepalived reads our health files. Each is optional to the pass. */
function openDoors(agent: Agent, needs: DoorNeeds): readonly Close[] {
  const { world, status } = agent
  const { config } = needs
  const server = servePeers({
    ...needs.door,
    summary: status.summary,
    onAsked: (node, applying) => {
      if (currentCluster(agent)?.nodes.some((n) => n.name === node) !== true) return
      agent.state.asked.set(node, { applying, atMs: world.clock.monotonic() })
    },
    verify: async (from, keys) => agent.outside?.answer(from, keys),
    onError: (why) => status.event('agent', why),
    metrics: () => metricsText(status.report()),
  })
  const prober = startWatches({
    world,
    status,
    node: agent.node,
    directory: `${config.run}/health`,
    cluster: () => currentCluster(agent),
    proven: () => provenCluster(agent),
    log: needs.log,
    yields: needs.yields,
    keeps: (vip) =>
      keepsVip({ node: agent.node, orders: agent.memory.orders, drains: agent.state.drains }, vip),
  })
  const closes: Close[] = [() => server.close(), () => prober.close()]
  const uplink = config.hub === undefined ? undefined : openUplink(agent, config.hub.url, needs)
  if (uplink !== undefined) closes.push(() => uplink.close())
  closes.push(startNotify(agent, config, uplink, needs.secrets, needs.door))
  return closes
}

/** The line to the hub: what it says is a hint, a word of an operator, or nothing to us. */
function openUplink(agent: Agent, url: string, needs: DoorNeeds): Uplink {
  const { world, status } = agent
  // Before the hub hears us: an order that is not said is one that this node no longer has.
  tellOrders(agent)
  const line = startUplink({
    url,
    token: needs.token,
    ca: needs.ca,
    cluster: () => clusterName(agent),
    node: agent.node,
    boot: status.summary().boot,
    clock: world.clock,
    random: world.random,
    agentVersion: needs.agentVersion,
    summary: status.summary,
    report: status.report,
    events: needs.events,
    files: createFilesView({
      clock: world.clock,
      proven: () => actingCluster(agent),
      facts: agent.facts,
    }),
    onWanted: (revision) => {
      if (revision !== agent.memory.meta().seenRevision) needs.wake()
    },
    onPoll: () => {
      for (const source of agent.sources) source.hurry?.()
      needs.wake()
    },
    onConfirmed: (revision) => {
      agent.state.confirmed = revision
      needs.wake()
    },
    onFailed: (node) => {
      if (agent.state.hinted.size < NODES_MAX) agent.state.hinted.add(node)
      needs.wake()
    },
    logs: createLogDesk(
      createLogDoor(world.host.supervisor.kind, needs.config.run),
      needs.secrets.vault.redact,
      world.clock,
      agent.signal,
    ),
    onOrders: (said) => {
      agent.state.heard = said
      needs.wake()
    },
    log: needs.log,
  })
  agent.outside?.useHub(line.verify)
  status.onChange(() => line.changed())
  return line
}

/** As the files stand: what was proved, with servers drained by orders. */
function actingCluster(agent: Agent): Cluster | undefined {
  const proven = provenCluster(agent)
  return proven === undefined ? undefined : withDrained(proven, agent.state.servers.drained)
}

const drainDeps = (
  agent: Agent,
  cluster: () => Cluster | undefined,
  ask: DrainDeps['ask'],
): DrainDeps => ({
  ...{ node: agent.node, clock: agent.world.clock, status: agent.status, cluster, ask },
  orders: agent.memory.orders,
  hubMayForce: agent.trust === undefined,
  drains: agent.state.drains,
  tell: () => tellOrders(agent),
})
