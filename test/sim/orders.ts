// What must hold of orders: a paused node changes nothing, a drained one holds nothing a peer can hold, and nobody is left alone.
import { drainOf, pauseOf } from '../../agent/order-book.ts'
import { type Checked, createOneMaster, must } from './invariants.ts'
import { type SimNode, STATE } from './node.ts'

/** From this seed on nodes are paused and drained ... */
const SEED_MIN = 600_000
/** ... up to the seeds of another kind. */
const SEED_MAX = 699_999
export const ORDER_SEED_MIN = SEED_MIN
export const hasOrders = (seed: number): boolean => seed >= SEED_MIN && seed <= SEED_MAX

/** Longer than two looks of a drained node, a wait for answers and the slowest takeover. */
const DRAIN_MS_MAX = 10_000
/** Longer than a vip is waited for, taken back, and elected. */
const NONE_MS_MAX = 15_000
/** The agent's own state, and the dump that keepalived was asked for. */
const OWN = new RegExp(`^(?:${STATE}/|.*/tmp/keepalived\\.data$)`)
const CHANGES: readonly string[] = ['write', 'remove', 'reload', 'restart', 'stop']

/** After an effect. What died may be started. */
export function checkPaused(node: SimNode, what: string, path: string): void {
  const { agent } = node
  if (agent === undefined || !CHANGES.includes(what) || OWN.test(path)) return
  const now = pauseOf(agent.memory.orders())?.id
  const paused = now !== undefined && now === node.pausedBy
  must(!paused, 'checkPaused', `${node.name} is paused: ${what} ${path}`)
}

/** Serving, in order, with an agent that says so to this node, and not drained itself. */
function able(world: Checked, from: SimNode, node: SimNode): boolean {
  const { agent } = node
  if (node === from || agent === undefined) return false
  const { condition } = agent.status.summary()
  const fine = condition === 'Ready' || condition === 'Paused'
  const free = drainOf(agent.memory.orders(), node.name) === undefined && !node.givenUp
  return fine && free && node.fake.serving && world.reachable(from, node)
}

function mustGive(world: Checked, node: SimNode): boolean {
  const { agent } = node
  if (agent === undefined || !world.vrrp.holders().includes(node)) return false
  if (drainOf(agent.memory.orders(), node.name) === undefined) return false
  // Taken back from a peer that did not hold it: it is calm for a while.
  const calm = [...agent.state.drains.values()].some((d) => d.calmUntilMs > world.nowMs())
  return !calm && world.nodes.some((other) => able(world, node, other))
}

/** Each for no longer than it must take. */
function createDrained(): (world: Checked) => void {
  const since = new Map<SimNode, number>()
  let noneSinceMs: number | undefined
  return (world) => {
    const now = world.nowMs()
    for (const node of world.nodes) {
      if (!mustGive(world, node)) since.delete(node)
      else since.set(node, since.get(node) ?? now)
      const lasts = now - (since.get(node) ?? now)
      must(lasts <= DRAIN_MS_MAX, 'checkDrained', `${node.name} is drained, holds for ${lasts} ms`)
    }
    const could = world.nodes.some((n) => n.up && n.fake.serving && n.agent !== undefined)
    const none = could && world.vrrp.holders().length === 0
    noneSinceMs = none ? (noneSinceMs ?? now) : undefined
    const lasts = now - (noneSinceMs ?? now)
    must(lasts <= NONE_MS_MAX, 'checkHeld', `nobody holds the vip for ${lasts} ms`)
  }
}

/** What holds from one look to the next. */
export function createTicking(seed: number): (world: Checked) => void {
  const oneMaster = createOneMaster()
  const drained = createDrained()
  return (world) => {
    oneMaster(world)
    if (hasOrders(seed)) drained(world)
  }
}
