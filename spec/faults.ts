// Which faults a view of the cluster shows, each with a key that is the same for everybody who sees it. Pure.
import type { NodeSeen, VipSeen, View } from './notice.ts'
import type { Topic } from './notify.ts'

export type Fault = {
  readonly key: string
  readonly topic: Topic
  /** Name of the vip or node; of the thing in the spec for single-point. */
  readonly about: string
  readonly words: string
  readonly details: readonly string[]
  /** Must have lasted this long before anybody is told (milliseconds). */
  readonly holdMs: number
  /** Messages of one group share a rate. */
  readonly group: string
}

/** Both peers hold an address for a moment in any move that was not planned: told when it lasts. */
export const SPLIT_HOLD_MS = 1_000
/** An agent comes back within 10 s of a hub's restart (the longest pause of its uplink): only then is silence one. */
export const STALE_HOLD_MS = 12_000
/** A node that is only waiting (for a peer, a mirror) often goes on by itself. */
const WAIT_HOLD_MS = 15_000
/** The new master needs takeoverMs; more than a second over it, nobody came. */
const NONE_EXTRA_MS = 1_000
/** How long each kind must be over before that is told. */
export const CLOSE_HOLD_MS: Readonly<Record<Topic, number>> = {
  transition: 0,
  'split-brain': 1_000,
  'no-holder': 0,
  failed: 0,
  stale: 3_000,
  stuck: 0,
  drift: 3_000,
  mount: 3_000,
  certificate: 0,
  'foreign-vrid': 0,
  store: 0,
  order: 0,
  'single-point': 0,
}
/** Nodes that fall silent, or come back, within this time are one message. */
export const GATHER_MS = 2_000

/** A vip that nobody held yet is being set up: packages may have to be installed first. */
export const FIRST_HOLDER_MS = 60_000

export const vipName = ({ vip, addresses }: VipSeen): string =>
  `vip ${vip} (${addresses.join(', ')})`

function vipFault(seen: VipSeen): Fault | undefined {
  const { vip, state, holders, takeoverMs } = seen
  if (state === 'split')
    return {
      key: `split-brain:${vip}`,
      topic: 'split-brain',
      about: vip,
      words: `split brain on ${vipName(seen)}: ${holders.join(' and ')} hold the same address`,
      details: [
        'Clients reach one or the other by chance.',
        'The nodes do not hear each other by VRRP: look at the link, switch and firewall between them.',
      ],
      holdMs: SPLIT_HOLD_MS,
      group: `split-brain:${vip}`,
    }
  if (state === 'none')
    return {
      key: `no-holder:${vip}`,
      topic: 'no-holder',
      about: vip,
      words: `nobody holds ${vipName(seen)}`,
      details: ['Every peer was heard, and none of them has the address: it is not served.'],
      holdMs: takeoverMs + NONE_EXTRA_MS,
      group: `no-holder:${vip}`,
    }
  return undefined
}

function nodeFault(seen: NodeSeen): Fault | undefined {
  const { node } = seen
  if (seen.stale)
    return {
      key: `stale:${node}`,
      topic: 'stale',
      about: node,
      words: `node ${node} is not heard`,
      details: [],
      holdMs: STALE_HOLD_MS,
      group: 'stale',
    }
  if (!seen.failing && seen.failed === '') return undefined
  const digest = (seen.failed === '' ? seen.wanted : seen.failed).slice(0, 12)
  return {
    key: `failed:${node}:${digest}`,
    topic: 'failed',
    about: node,
    words: `node ${node} does not take the spec${digest === '' ? '' : ` ${digest}`}`,
    details: [
      ...(seen.revision === 0 ? [] : [`wanted: revision ${seen.revision}`]),
      `reason: ${seen.reason === '' ? 'not given' : seen.reason}`,
      'What was serving goes on as it was.',
    ],
    holdMs: seen.failed === '' ? WAIT_HOLD_MS : 0,
    group: `failed:${digest}`,
  }
}

/** By key. */
export function faultsOf(view: View): ReadonlyMap<string, Fault> {
  const all = [...view.vips.map(vipFault), ...view.nodes.map(nodeFault), ...(view.others ?? [])]
  return new Map(all.flatMap((fault) => (fault === undefined ? [] : [[fault.key, fault]])))
}

/**
 * What an open fault that the view does not show means: it is over, nobody knows, or its subject left the spec (or
 * failed in another way) and there is nothing to say.
 */
export function absence(
  view: View,
  { topic, about }: { readonly topic: Topic; readonly about: string },
): 'over' | 'unsure' | 'gone' {
  if (view.unsure?.includes(topic) === true) return 'unsure'
  if (topic === 'single-point' || topic === 'store' || topic === 'order') return 'over'
  if (topic !== 'split-brain' && topic !== 'no-holder' && topic !== 'transition') {
    const node = view.nodes.find((n) => n.node === about)
    if (node === undefined) return 'gone'
    if (topic === 'stale') return 'over'
    if (node.stale) return 'unsure'
    if (topic !== 'failed' || node.ready) return 'over'
    return node.failed === '' ? 'unsure' : 'gone'
  }
  const vip = view.vips.find((v) => v.vip === about)
  if (vip === undefined) return 'gone'
  return vip.state === 'unknown' ? 'unsure' : 'over'
}

/** How bad: an error is, or will be, seen by clients; an info is known from the spec alone. */
export function severityOf(topic: Topic, key: string): 'error' | 'warning' | 'info' {
  if (topic === 'single-point') return 'info'
  if (topic === 'certificate') return key.startsWith('expired:') ? 'error' : 'warning'
  return ['stale', 'stuck', 'drift', 'transition', 'order'].includes(topic) ? 'warning' : 'error'
}

/** Group of an open fault that an earlier process left: by spec for failures, all nodes for silence, else by vip. */
export const groupOf = (key: string, topic: Topic): string => {
  if (topic === 'stale') return 'stale'
  return topic === 'failed' ? `failed:${key.split(':')[2] ?? ''}` : key
}
