// Orders in the status, as a table: what is ordered, by whom, until when, and what the nodes make of it.
import type { OrderStatus } from '../spec/order.ts'
import type { ClusterStatus } from '../spec/status.ts'
import type { Io } from './io.ts'
import { age, paint, plain, plural, table } from './print.ts'

/** '' when none is in force. */
export function orderText(io: Pick<Io, 'color'>, { orders = [], now }: ClusterStatus): string {
  if (orders.length === 0) return ''
  const head = ['ORDER', 'OF', 'DONE', 'GIVEN', 'ENDS', 'REASON'].map((cell) =>
    paint(io, 'dim', cell),
  )
  const rows = orders.map((order) => [
    `${plain(order.kind)} ${plain(order.about)}`,
    plain(order.here === undefined ? order.by : `${order.by} on ${order.here}`),
    doneText(io, order),
    `${age(Math.max(0, now - order.at))} ago`,
    order.until === undefined ? 'when taken back' : `in ${age(Math.max(0, order.until - now))}`,
    order.reason === '' ? '-' : plain(order.reason),
  ])
  return `\n${plural(orders.length, 'order')} in force:\n${table([head, ...rows])}`
}

function doneText(io: Pick<Io, 'color'>, { nodes }: OrderStatus): string {
  const words = nodes
    .filter(({ is, why }) => is !== 'done' || why !== '')
    .map(({ node, is, why }) => plain(`${node}: ${is}${why === '' ? '' : `, ${why}`}`))
  const done = nodes.length > 0 && nodes.every(({ is }) => is === 'done')
  if (done) return paint(io, 'green', words.length === 0 ? 'done' : words.join('; '))
  return paint(io, 'yellow', words.length === 0 ? 'no node has to do with it' : words.join('; '))
}
