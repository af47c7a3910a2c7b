// What the hub looks for beyond vips and silence: nodes that do not get on, what their reports show, second holders, orders, single points. Pure.
import type { Fault } from '../spec/faults.ts'
import { ORDER_FORGOTTEN_MS } from '../spec/limits.ts'
import { CERTIFICATE_MS, fault, nodeFaults } from '../spec/node-faults.ts'
import { type OrderStatus, orderWords } from '../spec/order.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'

/** Waiting for a turn, a peer or packages takes its time; longer than this it is stuck. */
export const STUCK_MS = 120_000
/** A node tells the end of a split later than the hub sees it. */
const SECOND_MS = 3_000
/** In order, and yet not where the newest revision is. Stalled and Degraded nodes are told as such. */
function stuck(
  { node, summary }: NodeStatus,
  { digest, revision }: ClusterStatus,
): readonly Fault[] {
  if (summary === undefined || digest === '' || summary.failed !== '') return []
  const waits = summary.condition === 'Reconciling'
  const behind = summary.condition === 'Ready' && summary.running !== digest
  if (!waits && !behind) return []
  const words = `node ${node} does not get to revision ${revision}`
  const details = [
    `it runs revision ${summary.runningRevision} and wants ${summary.wantedRevision}`,
    `reason: ${summary.reason === '' ? 'not given' : summary.reason}`,
  ]
  return [fault('stuck', `stuck:${node}`, { about: node, words, details, holdMs: STUCK_MS })]
}

/** A node sees a second holder that the hub does not hear of: the other side of a cut, or a machine that is no node. */
function second({ report, node }: NodeStatus, status: ClusterStatus): readonly Fault[] {
  const seen = (report?.findings ?? []).filter((one) => one.check === 'split-brain')
  return seen.flatMap(({ what, hint }) => {
    const vip = status.vips.find((one) => what.startsWith(`vip ${one.vip} (`))
    // Two holders that are heard are an alert of their own.
    if (vip === undefined || vip.state === 'split') return []
    const words = `split brain, says ${node}: ${what}`
    const key = `split-brain:${vip.vip}:${node}`
    return [
      fault('split-brain', key, { about: vip.vip, words, details: [hint], holdMs: SECOND_MS }),
    ]
  })
}

/** What a node did about a second holder, by its operator's command. */
function fenced({ report, node }: NodeStatus, status: ClusterStatus): readonly Fault[] {
  const seen = (report?.findings ?? []).filter((one) => one.check === 'fence')
  return seen.flatMap(({ what, why, hint }) => {
    const vip = status.vips.find((one) => what.startsWith(`vip ${one.vip}: `))
    if (vip === undefined) return []
    const said = {
      about: vip.vip,
      words: `split brain, says ${node}: ${what}`,
      details: [why, hint],
    }
    return [fault('split-brain', `fence:${vip.vip}:${node}`, said)]
  })
}

function ofNode(node: NodeStatus, status: ClusterStatus): readonly Fault[] {
  const { report, node: name } = node
  if (node.stale) return []
  if (report === undefined) return stuck(node, status)
  return [
    ...stuck(node, status),
    ...nodeFaults(name, report, status.now),
    ...second(node, status),
    ...fenced(node, status),
  ]
}

/** Nobody pauses for a day on purpose without a reason to be reminded of. */
const forgotten = (
  { id, kind, about, by, reason, at }: OrderStatus,
  now: number,
): readonly Fault[] =>
  now - at < ORDER_FORGOTTEN_MS
    ? []
    : [
        fault('order', `order:${id}`, {
          about,
          words: `the order to ${kind} ${about} has stood for more than a day`,
          details: [`given ${orderWords({ by, reason })}`, 'Take it back, or give it with --for.'],
        }),
      ]

const single = (text: string): Fault =>
  fault('single-point', `single-point:${text}`, {
    about: '',
    words: `single point of failure: ${text}`,
  })

/** Everything else goes on: what agents say is heard, and they keep their events until they are stored. */
const unwritable = (why: string): Fault =>
  fault('store', 'store:hub', {
    about: '',
    words: `the hub cannot write: ${why}`,
    details: [
      'It takes no push and keeps no history until there is room; reading goes on.',
      'Agents and traffic are not concerned.',
    ],
  })

/** A hub renews its own long before; one in files is renewed by whoever made it. */
function shownEnds(until: number, now: number): Fault {
  const over = until <= now
  const date = new Date(until).toISOString().slice(0, 16).replace('T', ' ')
  return fault('certificate', over ? 'expired:hub' : 'certificate:hub', {
    about: '',
    words: `the certificate of the hub ${over ? 'expired' : 'expires'} on ${date} UTC`,
    details: ['Agents and people refuse the hub from then on; what runs goes on.'],
  })
}

/** Each with a key of its own; silent nodes say nothing, so that nothing begins or ends by their silence. `storeFault`: why the last write failed, or ''. `shownUntil`: end of the hub's certificate, milliseconds since 1970. */
export const othersOf = (
  status: ClusterStatus,
  storeFault: string,
  shownUntil = Number.POSITIVE_INFINITY,
): readonly Fault[] => [
  ...status.nodes.flatMap((node) => ofNode(node, status)),
  ...(status.orders ?? []).flatMap((order) => forgotten(order, status.now)),
  ...(status.singlePoints ?? []).map(single),
  ...(storeFault === '' ? [] : [unwritable(storeFault)]),
  ...(shownUntil - status.now > CERTIFICATE_MS ? [] : [shownEnds(shownUntil, status.now)]),
]
