// What an agent process keeps from pass to pass, and forgets when it ends.
import type { Cluster } from '../spec/cluster.ts'
import type { Countdown } from './confirm.ts'
import type { Drained } from './drain.ts'
import type { Heard } from './order-book.ts'
import type { OrderClock } from './orders.ts'
import type { ServerDrains } from './server-drain.ts'
import type { Waiting } from './trial.ts'

export type PassState = {
  /** Parsed specs by their text: parsing again would be the most of a pass without steps. */
  parsed: Map<string, Cluster>
  waiting: Waiting | undefined
  /** Peers that asked this node: when, and what they announced. */
  readonly asked: Map<string, { readonly applying: string; readonly atMs: number }>
  /** Earliest next try after a failure that the world may mend, by digest. */
  retry: { digest: string; atMs: number; delayMs: number } | undefined
  refused: string
  /** Why the wanted spec is not taken now, while the node stays at the proven one. */
  held: Held | undefined
  /** This agent process has seen the node in order. */
  settled: boolean
  /** Revision that the hub last called confirmed; 0 for none. */
  confirmed: number
  countdown: Countdown | undefined
  /** What the hub said last of its orders, until a pass has taken it. */
  heard: Heard | undefined
  readonly orderClocks: Map<string, OrderClock>
  /** Nodes of which the hub says that a spec failed from outside there. */
  readonly hinted: Set<string>
  /** Vips of this node while it is drained. */
  readonly drains: Map<string, Drained>
  /** What the last pass made of orders about servers. */
  servers: ServerDrains
}
export type Held = { readonly digest: string; readonly reason: string; readonly failed: string }
export const emptyPassState = (refused = ''): PassState => ({
  parsed: new Map(),
  waiting: undefined,
  asked: new Map(),
  retry: undefined,
  refused,
  held: undefined,
  settled: false,
  confirmed: 0,
  countdown: undefined,
  heard: undefined,
  orderClocks: new Map(),
  hinted: new Set(),
  drains: new Map(),
  servers: { drained: new Set(), refused: new Map() },
})
