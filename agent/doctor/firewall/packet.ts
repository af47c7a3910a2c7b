// What a filter does to a packet: chains of rules as data, walked as the kernel walks them. Pure.

/** A packet that has to get through. What is undefined may be anything. */
export type Packet = {
  readonly hook: 'input' | 'output'
  readonly family: 4 | 6
  /** 6 TCP, 112 VRRP (IANA protocol numbers). */
  readonly protocol: 6 | 112
  readonly port?: number
  /** Interface it comes in by, or leaves by. */
  readonly interface?: string
  readonly source?: string
  readonly destination?: string
}
/** undefined: the rule looks at something that we do not know or do not understand. */
export type Tri = boolean | undefined
export type Verdict =
  | { readonly do: 'accept' | 'drop' | 'return' | 'none' }
  | { readonly do: 'jump' | 'goto'; readonly to: string }
export type Rule = {
  readonly matches: (packet: Packet) => Tri
  /** Depends on the packet for verdict maps; undefined when it cannot be told. */
  readonly verdict: (packet: Packet) => Verdict | undefined
  /** As the operator would find it. */
  readonly text: string
}
export type Chain = { readonly name: string; readonly rules: readonly Rule[] }
/** Where the kernel enters: a built-in chain, or a base chain of nftables. */
export type Base = {
  readonly chain: string
  readonly hook: 'input' | 'output'
  readonly families: readonly (4 | 6)[]
  readonly policy: 'accept' | 'drop'
  /** Puts an accepting rule first. */
  readonly accept: (packet: Packet) => string
}
export type Table = {
  readonly name: string
  readonly bases: readonly Base[]
  readonly chains: ReadonlyMap<string, Chain>
}
export type Fate =
  | { readonly fate: 'accept' | 'unknown' }
  | { readonly fate: 'drop'; readonly by: string; readonly base: Base; readonly table: string }

const DEPTH_MAX = 16
const STEPS_MAX = 20_000

/** What a rule that we could not judge may have done before the verdict. */
type Walk = { steps: number; mayAccept: boolean; mayDrop: boolean }
type Ended = { readonly end: 'accept' | 'drop' | 'fall'; readonly by: string }

function doubt(state: Walk, verdict: Verdict | undefined): void {
  // A rule that only counts or logs decides nothing, whether it fits or not.
  if (verdict?.do === 'none') return
  state.mayAccept ||= verdict?.do !== 'drop'
  state.mayDrop ||= verdict?.do !== 'accept'
}

/** One chain; `fall` when it ends without a verdict. A rule in doubt is passed over and remembered. */
function walk(table: Table, name: string, packet: Packet, state: Walk, depth: number): Ended {
  const chain = table.chains.get(name)
  if (chain === undefined || depth > DEPTH_MAX) {
    doubt(state, undefined)
    return { end: 'fall', by: '' }
  }
  for (const rule of chain.rules) {
    if (++state.steps > STEPS_MAX) doubt(state, undefined)
    const hit = state.steps > STEPS_MAX ? false : rule.matches(packet)
    if (hit === false) continue
    const verdict = rule.verdict(packet)
    if (hit === undefined || verdict === undefined) {
      doubt(state, verdict)
      continue
    }
    if (!('to' in verdict)) {
      if (verdict.do === 'none') continue
      if (verdict.do === 'return') return { end: 'fall', by: '' }
      return { end: verdict.do, by: rule.text }
    }
    const there = walk(table, verdict.to, packet, state, depth + 1)
    if (there.end !== 'fall') return there
    if (verdict.do === 'goto') return { end: 'fall', by: '' }
  }
  return { end: 'fall', by: '' }
}

/** A drop is final in every table; an accept only ends that base chain (nft(8), "Chains"). */
export function fateOf(tables: readonly Table[], packet: Packet): Fate {
  let unsure = false
  for (const table of tables)
    for (const base of table.bases) {
      if (base.hook !== packet.hook || !base.families.includes(packet.family)) continue
      const state: Walk = { steps: 0, mayAccept: false, mayDrop: false }
      const ended = walk(table, base.chain, packet, state, 0)
      const dropped = ended.end === 'drop' || (ended.end === 'fall' && base.policy === 'drop')
      if (dropped && !state.mayAccept) {
        const by = ended.end === 'drop' ? ended.by : `policy drop of chain ${base.chain}`
        return { fate: 'drop', by, base, table: table.name }
      }
      unsure ||= dropped || state.mayDrop
    }
  return { fate: unsure ? 'unknown' : 'accept' }
}
