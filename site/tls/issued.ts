// The certificates that nodes were given, and which of them are no longer good: <state>/issued.json.
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readTextIfThere, writeSecretFile } from '../token-file.ts'
import type { Issued } from './authority.ts'

/** A node has one, and another when that is half through; more come of lost disks. */
export const LIVE_PER_NODE_MAX = 16

const Row = Type.Object({
  serial: Type.String(),
  node: Type.String(),
  notAfter: Type.Integer(),
  revoked: Type.Boolean(),
})
const IssuedFile = Type.Object({ version: Type.Literal(1), certificates: Type.Array(Row) })
type Row = Static<typeof Row>

export type IssuedBook = {
  /** Good ones of a node. */
  live(node: string): readonly string[]
  revoked(nodes: readonly string[]): readonly string[]
  /** Durable before it returns. */
  add(node: string, issued: Pick<Issued, 'serial' | 'notAfter'>): void
  /** All that this node has. */
  revokeNode(node: string): void
}

function rowsIn(path: string): readonly Row[] {
  const text = readTextIfThere(path)
  if (text === undefined) return []
  // Without it, what was revoked would be good again.
  const refuse = `cannot use ${path}: it is damaged; put it back, or remove it together with ca.pem and have every node join again`
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(IssuedFile, value)) return value.certificates
  } catch (cause) {
    throw new Error(refuse, { cause })
  }
  throw new Error(refuse)
}

/** @throws when the file is there but damaged. */
export function openIssued(state: string, now: () => number): IssuedBook {
  const path = join(state, 'issued.json')
  let rows = rowsIn(path)
  const keep = (next: readonly Row[]) => {
    // What is over is refused by every clock.
    const lasting = next.filter(({ notAfter }) => notAfter > now())
    writeSecretFile(path, `${JSON.stringify({ version: 1, certificates: lasting })}\n`)
    rows = lasting
  }
  const good = (row: Row) => !row.revoked && row.notAfter > now()
  return {
    live: (node) => rows.filter((row) => row.node === node && good(row)).map((row) => row.serial),
    revoked: (nodes) =>
      rows
        .filter((row) => row.revoked && row.notAfter > now() && nodes.includes(row.node))
        .map((row) => row.serial),
    add: (node, { serial, notAfter }) =>
      keep([...rows, { serial, node, notAfter, revoked: false }]),
    revokeNode(node) {
      if (!rows.some((row) => row.node === node && good(row))) return
      keep(rows.map((row) => (row.node === node ? { ...row, revoked: true } : row)))
    },
  }
}
