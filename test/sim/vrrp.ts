// Who holds the vips: elections between the fake keepaliveds, from the texts that they loaded.
import { type WireInstance, wireOf } from '../../agent/providers/keepalived/wire.ts'
import type { SimNode } from './node.ts'

export type Vrrp = {
  /** One look at everything, at this virtual time. */
  tick(nowMs: number): void
  holders(): readonly SimNode[]
  /** All that run speak alike: otherwise they do not hear each other. */
  agree(): boolean
  /** Longer than any takeover without a fault. */
  readonly takeoverMs: number
}
type State = { pid: number; master: boolean; heardMs: number }

/** Peers that disagree in these do not hear each other (RFC 5798, sections 5.2 and 7.1). */
const onWire = (i: WireInstance): string =>
  JSON.stringify([i.vrid, i.version, i.advertMs, i.family, i.mode, i.addresses])
/** Master_Down_Interval, RFC 5798 section 6.1: three adverts and the skew of a lower priority. */
const downMs = (i: WireInstance): number => 3 * i.advertMs + ((256 - i.priority) / 256) * i.advertMs

const parsed = new Map<string, WireInstance | undefined>()
function instanceOf(node: SimNode): WireInstance | undefined {
  const text = node.up ? node.fake.daemons.loaded('keepalived') : undefined
  if (text === undefined || !node.fake.serving || node.givenUp) return undefined
  if (!parsed.has(text)) parsed.set(text, wireOf(text)?.instances[0])
  return parsed.get(text)
}

export function createVrrp(
  nodes: readonly SimNode[],
  hears: (a: SimNode, b: SimNode) => boolean,
): Vrrp {
  const states = new Map<SimNode, State>()
  const hold = (node: SimNode, instance: WireInstance, master: boolean): void => {
    const { addresses } = node.fake
    for (const { address, prefix } of instance.addresses) {
      const at = addresses.findIndex((a) => a.address === address)
      if (master && at < 0) addresses.push({ interface: 'eth0', address, prefix })
      if (!master && at >= 0) addresses.splice(at, 1)
    }
  }
  const one = (node: SimNode, nowMs: number): void => {
    const mine = instanceOf(node)
    const pid = node.fake.daemons.pid('keepalived')
    const state = states.get(node) ?? { pid, master: false, heardMs: nowMs }
    states.set(node, state)
    if (state.pid !== pid) Object.assign(state, { pid, master: false, heardMs: nowMs })
    if (mine === undefined) {
      // In fault it lets go; killed, it leaves its address behind (FIELD 1.5).
      const text = node.fake.daemons.loaded('keepalived')
      const fault = text === undefined ? undefined : wireOf(text)?.instances[0]
      if (fault !== undefined) hold(node, fault, false)
      Object.assign(state, { master: false, heardMs: nowMs })
      return
    }
    const masters = nodes.flatMap((other) => {
      const theirs = other === node || !hears(node, other) ? undefined : instanceOf(other)
      const heard = theirs !== undefined && states.get(other)?.master === true
      return heard && onWire(theirs) === onWire(mine) ? [theirs] : []
    })
    const yields = masters.some(
      (m) => m.priority > mine.priority || (mine.nopreempt && !state.master),
    )
    if (yields) Object.assign(state, { master: false, heardMs: nowMs })
    else if (nowMs - state.heardMs >= downMs(mine)) state.master = true
    hold(node, mine, state.master)
  }
  return {
    takeoverMs: 5_000,
    tick: (nowMs) => {
      for (const node of nodes) if (node.up) one(node, nowMs)
    },
    agree: () => {
      const spoken = nodes.flatMap((n) => instanceOf(n) ?? [])
      return new Set(spoken.map(onWire)).size <= 1
    },
    holders: () => nodes.filter((n) => n.up && n.fake.addresses.length > 0),
  }
}
