// Who may end the other one when two nodes hold a vip, and when: the rules, pure. What they lead to is in fencing.ts.
import type { ClusterVip } from '../spec/cluster.ts'
import type { Summary } from '../spec/report.ts'

/** After a shot at a node the next incident with it waits this long, doubled each time. */
export const BACKOFF_MS_MIN = 600_000
export const BACKOFF_MS_MAX = 7_200_000

export type FenceSeen = {
  readonly node: string
  /** Own word: what this node runs, wants and holds, by its kernel just now. */
  readonly mine: Summary
  /** Answers just now; a missing key means silence on every address. */
  readonly answers: ReadonlyMap<string, Summary>
  /** The last word of each, in this agent's life. */
  readonly last: ReadonlyMap<string, Summary>
  /** Peers whose hardware address answers ARP for the vip, asked just now; looked for only where a word is missing. */
  readonly onWire: ReadonlySet<string>
}
export type Verdict = { readonly victim: string } | { readonly why: string }

const holds = (vip: ClusterVip, { holds: held }: Summary): boolean =>
  vip.nets.every((net) => held.includes(`${vip.name}/${net.address}`))

/**
 * One of two that hold `vip` may end the other: the one with the higher priority, never the lower, not even later. Which that is both
 * must read in the same spec, so each must run what the other runs, and want nothing else: of two that disagree nobody shoots.
 * `others` are known to hold it for long enough to be no move.
 */
export function mayFence(vip: ClusterVip, others: readonly string[], seen: FenceSeen): Verdict {
  const { node, mine, answers, last, onWire } = seen
  const priority = (name: string) => vip.peers.find((peer) => peer.node === name)?.priority ?? 0
  const victim = others.toSorted((a, b) => priority(b) - priority(a))[0]
  if (victim === undefined) return { why: 'nobody else holds it' }
  if (priority(node) <= priority(victim)) return { why: `${victim} has the higher priority` }
  if (mine.condition !== 'Ready') return { why: 'this node is not Ready' }
  if (!holds(vip, mine)) return { why: 'this node does not hold it' }
  const word = answers.get(victim)
  const known = word ?? last.get(victim)
  if (known === undefined) return { why: `${victim} was never heard` }
  const agree = [mine.wanted, known.running, known.wanted].every((d) => d === mine.running)
  if (!agree) return { why: `${victim} runs or wants another spec` }
  if (word === undefined && !onWire.has(victim))
    return { why: `${victim} is silent, and nothing shows that it holds the vip` }
  if (word !== undefined && !holds(vip, word))
    return { why: `${victim} does not say that it holds it` }
  return { victim }
}

export const backoffMs = (shots: number): number =>
  shots === 0 ? 0 : Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (shots - 1))

/** The operator's words with what this incident puts in; names and addresses of the spec, which no shell reads. */
export const fenceArgv = (
  command: readonly string[],
  { node, address, vip }: { readonly node: string; readonly address: string; readonly vip: string },
): readonly string[] =>
  command.map((word) =>
    word.replaceAll('{node}', node).replaceAll('{address}', address).replaceAll('{vip}', vip),
  )
