// Tells people where no hub does: none is configured, or it has been away for too long. Decides nothing else.
import { Value } from '@sinclair/typebox/value'
import type { Cluster } from '../../spec/cluster.ts'
import type { ClusterNotify } from '../../spec/notify.ts'
import { type Courier, type Notice, type Sender, TOLD_NOTHING, Told } from '../../spec/notice.ts'
import { lasting } from '../../spec/notice-text.ts'
import { createNotices, type Notices, type Policy } from '../../spec/notices.ts'
import type { Topic } from '../../spec/notify.ts'
import type { Report, Summary } from '../../spec/report.ts'
import { textOf } from '../failure.ts'
import type { Clock, Host } from '../world.ts'
import { type Answers, ownFaults, senderOf, viewOf } from './view.ts'

/** How often the others are asked; five times slower while the hub is there to tell. */
export const LOOK_MS = 1_000
const LOOK_CONNECTED_MS = 5_000
/** A hub that restarts is back, with its agents, well within this. */
export const HUB_LOST_MS = 30_000
/** The uplink notices a dead hub after 5 s: what was found shortly before may not have been told. */
const DOUBT_MS = 15_000
/** Nodes that never answered (web servers without an agent) are asked this much more rarely. */
const STRANGERS_EVERY = 30
const HELD_MAX = 100
/** What cannot wait for the hub. */
const URGENT: readonly Topic[] = ['transition', 'split-brain']

export type AgentNotifyDeps = {
  readonly node: string
  readonly clock: Clock
  readonly host: Pick<Host, 'read' | 'write'>
  readonly courier: Courier
  /** Where what was told is kept. */
  readonly path: string
  readonly cluster: () => Cluster | undefined
  readonly summary: () => Summary
  readonly report: () => Report
  /** Asks these nodes, bounded in time; who does not answer is missing. */
  readonly ask: (
    cluster: Cluster,
    nodes: readonly string[],
  ) => Promise<ReadonlyMap<string, Summary>>
  /** undefined where no hub is configured. */
  readonly hub: { connected(): boolean } | undefined
  readonly event: (text: string) => void
}
export type AgentNotify = {
  /** One look, and what follows from it; how long until the next. */
  turn(): Promise<number>
}
type Held = { readonly notice: Notice; readonly mono: number }

async function read(deps: AgentNotifyDeps): Promise<Told> {
  const file = await deps.host.read(deps.path)
  try {
    const told: unknown = JSON.parse(file?.body ?? 'null')
    return Value.Check(Told, told) ? told : TOLD_NOTHING
  } catch {
    // Half a file or another version's: nothing is open then; what is, will be told again.
    return TOLD_NOTHING
  }
}

const policyOf = (notify: ClusterNotify, hub: boolean): Policy =>
  hub ? { ...notify, on: notify.on.filter((topic) => URGENT.includes(topic)) } : notify

type Memory = {
  readonly notices: Notices
  readonly once: Set<string>
  held: Held[]
  lostAt: number | undefined
  saved: string
  looks: number
}

/** This node and those of the others that answer. */
async function look(deps: AgentNotifyDeps, memory: Memory, cluster: Cluster): Promise<Answers> {
  const mine = deps.summary()
  const peers = cluster.vips.flatMap((vip) => vip.peers.map((peer) => peer.node))
  const strangers = memory.looks++ % STRANGERS_EVERY === 0
  const asked = cluster.nodes
    .map((node) => node.name)
    .filter((name) => name !== deps.node)
    .filter((name) => strangers || memory.once.has(name) || peers.includes(name))
  const answers = new Map(await deps.ask(cluster, asked))
  for (const node of answers.keys()) memory.once.add(node)
  return answers.set(deps.node, mine)
}

function send(deps: AgentNotifyDeps, cluster: Cluster, notice: Notice, because: string): void {
  if (cluster.notify === undefined) return
  const { hubUrl } = cluster
  const sender: Sender = {
    ...{ cluster: cluster.name, by: deps.node, because },
    ...(hubUrl !== undefined && { hubUrl }),
  }
  deps.courier.send(notice, sender, cluster.notify, ({ way, ok, again, text }) => {
    const what = ok ? 'told' : again ? 'cannot tell yet' : 'cannot tell'
    deps.event(`${what} by ${way}: "${notice.title}": ${text}`)
  })
}

async function save(deps: AgentNotifyDeps, memory: Memory): Promise<void> {
  const text = `${JSON.stringify(memory.notices.told())}\n`
  if (text === memory.saved) return
  await deps.host.write(deps.path, text, 0o600)
  memory.saved = text
}

/** Sends what is this node's to send: at once without a hub, else when the hub has been away for long. */
function tell(deps: AgentNotifyDeps, memory: Memory, cluster: Cluster, mono: number): void {
  if (deps.hub === undefined) {
    for (const { notice } of memory.held.splice(0)) send(deps, cluster, notice, '')
    return
  }
  if (deps.hub.connected()) {
    memory.lostAt = undefined
    memory.held = memory.held.filter((held) => mono - held.mono < DOUBT_MS)
    return
  }
  memory.lostAt ??= mono
  const lostMs = mono - memory.lostAt
  if (lostMs < HUB_LOST_MS) return
  const because = `the hub has not been reachable for ${lasting(lostMs)} and may tell it again later`
  for (const { notice } of memory.held.splice(0)) send(deps, cluster, notice, because)
}

/** Reads what an earlier agent told. */
export async function createAgentNotify(deps: AgentNotifyDeps): Promise<AgentNotify> {
  const { clock } = deps
  const kept = await read(deps)
  const startedMono = clock.monotonic()
  const memory: Memory = {
    notices: createNotices(kept, { mono: clock.monotonic(), wall: clock.now() }),
    // Told as silent by an earlier agent: they have answered once.
    once: new Set(kept.open.filter((one) => one.topic === 'stale').map((one) => one.about)),
    held: [],
    lostAt: undefined,
    saved: `${JSON.stringify(kept)}\n`,
    looks: 0,
  }
  return {
    async turn() {
      const cluster = deps.cluster()
      if (cluster?.notify === undefined) return LOOK_MS
      const answers = await look(deps, memory, cluster)
      const mono = clock.monotonic()
      const at = { mono, wall: clock.now() }
      const view = {
        ...viewOf(cluster, answers, memory.once, { self: deps.node, ...at }),
        // A hub finds them in our report, and tells them with a memory of its own.
        ...(deps.hub === undefined && ownFaults(deps.report(), at, startedMono)),
      }
      const due = memory.notices.step(view, policyOf(cluster.notify, deps.hub !== undefined))
      const mine = due.filter((notice) => senderOf(notice, view, answers) === deps.node)
      memory.held = [...memory.held, ...mine.map((notice) => ({ notice, mono }))].slice(-HELD_MAX)
      try {
        await save(deps, memory)
      } catch (thrown) {
        // A full disk must not keep the message: at worst a restart tells it again.
        deps.event(`cannot keep what was told: ${textOf(thrown)}`)
      }
      tell(deps, memory, cluster, mono)
      return deps.hub?.connected() === true ? LOOK_CONNECTED_MS : LOOK_MS
    },
  }
}

/** Until the signal; a turn that fails is said and the next one comes. */
export async function runAgentNotify(deps: AgentNotifyDeps, signal: AbortSignal): Promise<void> {
  const notify = await createAgentNotify(deps)
  while (!signal.aborted) {
    let pauseMs = LOOK_MS
    try {
      pauseMs = await notify.turn()
    } catch (thrown) {
      deps.event(`cannot look who must be told: ${textOf(thrown)}`)
    }
    await deps.clock.sleep(pauseMs, signal).catch(() => undefined)
  }
}
