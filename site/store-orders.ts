// Orders of operators in the hub's store: those in force, and ends that nodes have not acknowledged yet.
import type { DatabaseSync } from 'node:sqlite'
import { Value } from '@sinclair/typebox/value'
import { type Static, Type } from '@sinclair/typebox'
import { Order } from '../spec/order.ts'
import { type Row, str } from './store-revisions.ts'

export const StoredOrder = Type.Composite(
  [Type.Omit(Order, ['leftMs']), Type.Object({ until: Type.Optional(Type.Integer()) })],
  { additionalProperties: false },
)
export type StoredOrder = Static<typeof StoredOrder>
/** An order that was given on a node and taken back at the hub: said until the node no longer has it. */
export type Lift = { readonly id: string; readonly node: string }

/** Written by another version: what cannot be read holds nothing back. */
function toOrder(row: Row): readonly StoredOrder[] {
  try {
    const order: unknown = JSON.parse(str(row, 'body'))
    return Value.Check(StoredOrder, order) ? [order] : []
  } catch {
    return []
  }
}

export const ordersIn = (db: DatabaseSync): readonly StoredOrder[] =>
  db.prepare('SELECT body FROM orders ORDER BY rowid').all().flatMap(toOrder)

export const liftsIn = (db: DatabaseSync): readonly Lift[] =>
  db
    .prepare('SELECT id, node FROM lifts ORDER BY rowid')
    .all()
    .map((row) => ({ id: str(row, 'id'), node: str(row, 'node') }))

/** One of a kind about one thing: the later one replaces it. */
export function putOrder(db: DatabaseSync, order: StoredOrder): void {
  db.prepare('INSERT OR REPLACE INTO orders (id, kind, about, body) VALUES (?, ?, ?, ?)').run(
    order.id,
    order.kind,
    order.about,
    JSON.stringify(order),
  )
}

export function dropOrders(db: DatabaseSync, ids: readonly string[], lifts: readonly Lift[]): void {
  const drop = db.prepare('DELETE FROM orders WHERE id = ?')
  for (const id of ids) drop.run(id)
  const put = db.prepare('INSERT OR IGNORE INTO lifts (id, node) VALUES (?, ?)')
  for (const { id, node } of lifts) put.run(id, node)
}

export function dropLifts(db: DatabaseSync, ids: readonly string[]): void {
  const drop = db.prepare('DELETE FROM lifts WHERE id = ?')
  for (const id of ids) drop.run(id)
}
