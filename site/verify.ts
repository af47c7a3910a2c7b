// The hub looks at a node's listeners from where it stands, when that node asks: only what stands in the newest spec, by its key.
import type { Cluster } from '../spec/cluster.ts'
import { type Asked, probesOf, type Question } from '../spec/verify.ts'
import type { Clock } from './deps.ts'
import { createRate } from './rate.ts'

/** How the hub's machine reaches others. */
export type Look = {
  /** 0 no answer, 1 a connection, else the class of the HTTP status. */
  readonly knock: (question: Question, timeoutMs: number) => Promise<number>
  /** Of this machine: what it holds itself it does not see from outside. */
  readonly addresses: () => readonly string[]
}
export type Looker = (node: string, keys: readonly string[]) => Promise<Asked['answers']>

/** A change asks once before it and up to three times after it. */
const BURST = 8
const PER_SECOND = 2
/** Nodes that are looked at together, each at no more than VERIFY_PROBES_MAX listeners. */
const AT_ONCE_MAX = 8

/** Answers nothing to a node that asks too often, of a spec that this hub does not have, or while others are looked at. */
export function createLooker(
  look: Look | undefined,
  clock: Clock,
  cluster: () => Cluster | undefined,
): Looker {
  const rate = createRate(BURST, PER_SECOND)
  let running = 0
  return async (node, keys) => {
    const spec = cluster()
    if (look === undefined || spec === undefined || running >= AT_ONCE_MAX) return []
    if (!rate.take(node, clock.monotonic())) return []
    const own = new Set(look.addresses())
    const vips = spec.vips.filter(({ peers }) => peers.some((peer) => peer.node === node))
    const probes = probesOf(spec).filter(
      (one) =>
        keys.includes(one.key) &&
        !own.has(one.address) &&
        vips.some(({ name }) => name === one.vip) &&
        (one.node === undefined || one.node === node),
    )
    running++
    try {
      const { timeoutMs } = spec.rollout.verify
      return await Promise.all(
        probes.map(async (one) => ({ key: one.key, answer: await look.knock(one, timeoutMs) })),
      )
    } finally {
      running--
    }
  }
}
