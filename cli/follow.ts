// After a push: what each node makes of it, until all have proved it, one has failed, or time is over.
import { STALE_MS } from '../spec/limits.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'
import type { HubClient } from './client.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import { age, elapsed, paint, plain } from './print.ts'

/** Where the hub's stream says nothing: it is away, or older than the stream. */
const POLL_MS = 200

export type NodeOutcome = {
  readonly node: string
  /** paused: an operator keeps it from changing anything; nobody waits for it. */
  readonly is: 'ready' | 'failed' | 'waiting' | 'missing' | 'paused'
  /** What the node says, or why it cannot say anything. */
  readonly says: string
  /** From the push until this was first seen. */
  readonly afterMs: number
}
export type Followed = {
  readonly outcome: 'ready' | 'paused' | 'failed' | 'missing' | 'timeout' | 'replaced' | 'stopped'
  /** Revision that replaced ours; ours otherwise. */
  readonly revision: number
  readonly nodes: readonly NodeOutcome[]
  readonly elapsedMs: number
}
export type Following = {
  /** Absent: the spec comes from elsewhere than this hub, and the digest alone says which it is. */
  readonly revision?: number
  readonly digest: string
  /** Nodes that must prove it; others count only while their agent speaks. */
  readonly nodes: readonly string[]
  readonly timeoutMs: number
}

/** What one node makes of a digest. Pure. */
export function judge(
  node: NodeStatus | undefined,
  { revision = 0, digest }: Pick<Following, 'revision' | 'digest'>,
): Pick<NodeOutcome, 'is' | 'says'> {
  const said = node?.summary
  if (node === undefined || said === undefined || node.ageMs === null)
    return { is: 'missing', says: 'no agent of it has spoken to the hub' }
  if (node.stale) return { is: 'missing', says: `its agent is silent for ${age(node.ageMs)}` }
  // Revisions are the hub's; a node that follows a repository knows commits.
  const older = said.origin === undefined && said.wantedRevision < revision
  if (said.wanted !== digest || older)
    return { is: 'waiting', says: said.reason === '' ? 'has not fetched it yet' : said.reason }
  if (said.failed === digest || said.condition === 'Stalled')
    return { is: 'failed', says: said.reason === '' ? 'gives no reason' : said.reason }
  if (said.running === digest && said.condition === 'Ready')
    return { is: 'ready', says: 'runs it, proved' }
  if (said.condition === 'Paused') return { is: 'paused', says: said.reason }
  return {
    is: 'waiting',
    says: said.reason === '' ? said.condition : `${said.condition}: ${said.reason}`,
  }
}

/** Of these nodes, and of others of the spec whose agent speaks. */
function outcomes(
  status: ClusterStatus,
  wanted: Following,
): readonly Omit<NodeOutcome, 'afterMs'>[] {
  // A hub that has no spec, or another one, knows nodes of ours as strangers.
  const all = [...status.nodes, ...status.strangers]
  const known = new Map(all.map((node) => [node.node, node]))
  const others = all
    .filter((n) => !wanted.nodes.includes(n.node) && judge(n, wanted).is !== 'missing')
    .map((n) => n.node)
  return [...wanted.nodes, ...others].map((node) => ({ node, ...judge(known.get(node), wanted) }))
}

/** undefined while there is something to wait for. */
function decide(
  nodes: readonly Omit<NodeOutcome, 'afterMs'>[],
  elapsedMs: number,
): Followed['outcome'] | undefined {
  const some = (is: NodeOutcome['is']) => nodes.some((n) => n.is === is)
  if (some('failed')) return 'failed'
  if (some('waiting')) return undefined
  if (!some('missing')) return some('ready') || !some('paused') ? 'ready' : 'paused'
  // An agent that just reconnects is not missing yet.
  return elapsedMs >= STALE_MS ? 'missing' : undefined
}

/** The hub's stream as an alarm clock: what it says is asked for again, so that one answer decides. */
function bell(client: HubClient, stop: AbortSignal): { rung(): AbortSignal } {
  let ring = new AbortController()
  // Without a stream the poll goes on alone.
  void client.stream(stop, () => ring.abort()).catch(() => undefined)
  return {
    rung() {
      if (ring.signal.aborted) ring = new AbortController()
      return ring.signal
    },
  }
}

/** Prints a line per change; survives a hub that goes away and comes back. Never throws for the network. */
export async function follow(io: Io, client: HubClient, wanted: Following): Promise<Followed> {
  const over = new AbortController()
  try {
    return await followed(io, client, wanted, over.signal)
  } finally {
    over.abort()
  }
}

async function followed(
  io: Io,
  client: HubClient,
  wanted: Following,
  over: AbortSignal,
): Promise<Followed> {
  const { rung } = bell(client, over)
  const startMs = io.clock.monotonic()
  let nodes: readonly NodeOutcome[] = []
  let hubSays = ''
  const line = (text: string) => {
    if (!io.json) io.out(`${elapsed(io.clock.monotonic() - startMs)}  ${text}\n`)
  }
  for (;;) {
    const change = rung()
    const status = await asked(client, (why) => {
      if (why !== hubSays && why !== '')
        line(`${paint(io, 'yellow', 'hub')}  ${plain(why)}; waiting`)
      if (why === '' && hubSays !== '') line(`${paint(io, 'green', 'hub')}  answers again`)
      hubSays = why
    })
    const elapsedMs = io.clock.monotonic() - startMs
    const end = (outcome: Followed['outcome'], revision = wanted.revision ?? 0): Followed => ({
      outcome,
      revision,
      nodes,
      elapsedMs: Math.round(elapsedMs),
    })
    if (status !== undefined) {
      const now = outcomes(status, wanted)
      nodes = now.map((next) => changed(nodes, next, elapsedMs, (text) => line(text), io))
      const outcome = decide(now, elapsedMs)
      if (outcome !== undefined) return end(outcome)
      if (status.revision > (wanted.revision ?? status.revision))
        return end('replaced', status.revision)
    }
    if (io.signal.aborted) return end('stopped')
    if (elapsedMs >= wanted.timeoutMs) return end('timeout')
    const sooner = AbortSignal.any([io.signal, change])
    await io.clock.sleep(Math.min(POLL_MS, wanted.timeoutMs - elapsedMs), sooner).catch(() => {})
  }
}

/** The older outcome when nothing changed, so that its time stays. */
function changed(
  before: readonly NodeOutcome[],
  next: Omit<NodeOutcome, 'afterMs'>,
  elapsedMs: number,
  line: (text: string) => void,
  io: Io,
): NodeOutcome {
  const old = before.find((n) => n.node === next.node)
  if (old !== undefined && old.is === next.is && old.says === next.says) return old
  const colour = {
    ready: 'green',
    failed: 'red',
    waiting: 'cyan',
    missing: 'yellow',
    paused: 'yellow',
  } as const
  line(`${next.node}  ${paint(io, colour[next.is], next.is)}  ${plain(next.says)}`)
  return { ...next, afterMs: Math.round(elapsedMs) }
}

async function asked(
  client: HubClient,
  hub: (why: string) => void,
): Promise<ClusterStatus | undefined> {
  try {
    const status = await client.status()
    hub('')
    return status
  } catch (error) {
    if (!(error instanceof Exit) || error.code !== EXIT.unreachable) throw error
    hub(messageOf(error))
    return undefined
  }
}
