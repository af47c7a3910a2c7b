// What this node asks for another one. Only questions that stand in a spec which this node took itself, by their key: whoever sends
// keys, true or made up, makes it open no connection that the operator's spec does not name.
import type { Cluster } from '../../spec/cluster.ts'
import { type Asked, type Probe, probesOf, type Question } from '../../spec/verify.ts'
import type { Clock, KernelAddress } from '../world.ts'
import { isWorse } from './judge.ts'

/** What an asker remembers of its answers: enough to know whether somebody who quotes it lies. */
const REMEMBERED_MS = 300_000
const NODES_REMEMBERED_MAX = 16
/** One at a time for each node; for all together. */
const ASKING_MAX = 4

export type AnswerDeps = {
  readonly node: string
  readonly clock: Clock
  /** The wanted and the proven spec, as far as there are any. */
  readonly clusters: () => readonly Cluster[]
  readonly addresses: () => Promise<readonly KernelAddress[]>
  readonly knock: (question: Question, timeoutMs: number) => Promise<number>
  /** Port on which the node that wants to know serves its peers. */
  readonly peerPort: number
}
/** The last answer, and the one before it that was another. */
type Remembered = { readonly was: number; readonly last: number; readonly atMs: number }
type Running = { readonly keys: string; readonly asked: Promise<Asked | undefined> }
export type Answerer = {
  /** undefined: it is no peer of this cluster, has nothing that may be asked, or is asked for already. */
  answer(from: string, keys: readonly string[]): Promise<Asked | undefined>
  /** What this node itself saw of that node's listeners within this time, default REMEMBERED_MS; undefined: it did not look. */
  saw(of: string, withinMs?: number): 'worse' | 'well' | undefined
}

export function createAnswerer(deps: AnswerDeps): Answerer {
  const { clock } = deps
  const asking = new Map<string, Running>()
  const seen = new Map<string, Map<string, Remembered>>()
  const remember = (of: string, { answers }: Asked): void => {
    const atMs = clock.monotonic()
    const known = seen.get(of) ?? new Map<string, Remembered>()
    seen.delete(of)
    const oldest = seen.size >= NODES_REMEMBERED_MAX ? seen.keys().next().value : undefined
    if (oldest !== undefined) seen.delete(oldest)
    seen.set(of, known)
    for (const [key, { atMs: askedMs }] of known)
      if (atMs - askedMs > REMEMBERED_MS) known.delete(key)
    for (const { key, answer } of answers) {
      const { last = answer, was = answer } = known.get(key) ?? {}
      known.set(key, { was: last === answer ? was : last, last: answer, atMs })
    }
  }
  return {
    async answer(from, keys) {
      const text = keys.join()
      const running = asking.get(from)
      // The same question on another address of ours.
      if (running?.keys === text) return running.asked
      if (running !== undefined || asking.size >= ASKING_MAX) return undefined
      const asked = ask(deps, from, keys)
      asking.set(from, { keys: text, asked })
      try {
        const found = await asked
        if (found !== undefined) remember(from, found)
        return found
      } finally {
        asking.delete(from)
      }
    },
    saw: (of, withinMs = REMEMBERED_MS) => {
      const sinceMs = clock.monotonic() - withinMs
      const recent = [...(seen.get(of)?.values() ?? [])].filter(({ atMs }) => atMs >= sinceMs)
      if (recent.length === 0) return undefined
      return recent.some(({ was, last }) => isWorse(was, last, 'same')) ? 'worse' : 'well'
    },
  }
}

async function ask(
  deps: AnswerDeps,
  from: string,
  keys: readonly string[],
): Promise<Asked | undefined> {
  const { node, clusters, knock, peerPort } = deps
  const known = clusters()
  const near = nearOf(known, from, node)
  if (near === undefined) return undefined
  const probes = await mayAsk(deps, known, from, keys)
  const timeoutMs = Math.min(...known.map(({ rollout }) => rollout.verify.timeoutMs))
  const door: Question = {
    ...{ how: 'connect', address: near, port: peerPort, path: '', host: '' },
  }
  const [path = 0, ...found] = await Promise.all(
    [door, ...probes].map((question) => knock(question, timeoutMs)),
  )
  const answers = probes.map(({ key }, at) => ({ key, answer: found[at] ?? 0 }))
  return { node, path: path > 0, answers }
}

/** Address of a fellow peer in the network of a vip that both may hold. */
function nearOf(clusters: readonly Cluster[], from: string, node: string): string | undefined {
  if (from === node) return undefined
  return clusters
    .flatMap(({ vips }) => vips)
    .filter(({ peers }) => peers.some((peer) => peer.node === node))
    .flatMap(({ peers }) => peers)
    .find((peer) => peer.node === from)?.address
}

/** What this node has an address of itself would be answered by itself: that says nothing of the other. */
async function mayAsk(
  { addresses }: AnswerDeps,
  clusters: readonly Cluster[],
  from: string,
  keys: readonly string[],
): Promise<readonly Probe[]> {
  const own = new Set((await addresses()).map(({ address }) => address))
  const asked = new Map<string, Probe>()
  for (const cluster of clusters) {
    const vips = cluster.vips.filter(({ peers }) => peers.some((peer) => peer.node === from))
    for (const probe of probesOf(cluster)) {
      if (!keys.includes(probe.key) || own.has(probe.address)) continue
      if (!vips.some(({ name }) => name === probe.vip)) continue
      if (probe.node === undefined || probe.node === from) asked.set(probe.key, probe)
    }
  }
  return [...asked.values()]
}
