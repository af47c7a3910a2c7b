// Orders as they are shown: what each node says of them, never what was ordered. Pure.
import type { Cluster } from '../spec/cluster.ts'
import { concerned, type OrderStatus, serverOf } from '../spec/order.ts'
import type { ClusterStatus, NodeStatus } from '../spec/status.ts'
import type { StoredOrder } from './store-orders.ts'

type NodeWord = OrderStatus['nodes'][number]

/** An agent that does not know orders says nothing of them: that is not taken, never done. */
function wordOf(node: string, status: NodeStatus | undefined, id: string): NodeWord {
  const said = status?.summary?.orders?.find((one) => one.id === id)
  if (status?.summary === undefined || status.stale) {
    const last = said === undefined ? '' : `, it said: ${said.is}`
    return { node, is: 'unknown', why: `its agent is silent${last}` }
  }
  if (said !== undefined) return { node, is: said.is, why: said.why }
  const over = status.summary.ordersOver?.includes(id) === true
  const why = over ? 'it ended there' : 'its agent does not say that it took it'
  return { node, is: 'not taken', why }
}

function shownOrder(
  { id, kind, about, by, reason, at, until }: StoredOrder,
  { nodes, strangers }: ClusterStatus,
  cluster: Cluster | undefined,
): OrderStatus {
  const all = [...nodes, ...strangers]
  const names = cluster === undefined ? [] : concerned(cluster, about)
  const mine = names.length === 0 && serverOf(about) === undefined ? [about] : names
  const said = mine.map((name) =>
    wordOf(
      name,
      all.find((one) => one.node === name),
      id,
    ),
  )
  const ends = until === undefined ? {} : { until }
  return { id, kind, about, by, reason, at, ...ends, nodes: said }
}

/** Orders that were given on a node, as long as it can be heard. */
const givenHere = (status: NodeStatus): readonly OrderStatus[] =>
  (status.summary?.orders ?? []).flatMap(({ id, kind, about, by, reason, at, until, here }) =>
    here
      ? [
          {
            ...{ id, kind, about, by, reason, at, here: status.node },
            ...(until === undefined ? {} : { until }),
            nodes: [wordOf(status.node, status, id)],
          },
        ]
      : [],
  )

export const shownOrders = (
  orders: readonly StoredOrder[],
  status: ClusterStatus,
  cluster: Cluster | undefined,
): readonly OrderStatus[] => [
  ...orders.map((order) => shownOrder(order, status, cluster)),
  ...status.nodes.flatMap(givenHere),
]
