// Whose keys a secret is encrypted for: those of the spec, and where it has none, what the nodes told the hub.
import type { Spec } from '../spec/schema.ts'
import { member } from '../spec/maps.ts'
import { hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { hubTarget } from './target.ts'

export type Wanted = { readonly nodes: readonly string[]; readonly hub: boolean }
type Fresh = { readonly at: readonly string[]; readonly recipient: string }
export type Keys = {
  of(users: Wanted): readonly string[]
  readonly hub: boolean
  /** What the spec does not have yet. */
  readonly fresh: readonly Fresh[]
}

/**
 * A key that stands in the spec was reviewed; a hub may lie. So the spec wins, another word of the hub is refused, and what only the
 * hub knows is shown and written down.
 * @throws Exit(no) naming every machine whose key nobody knows.
 */
export async function keysFor(
  io: Io,
  spec: Spec,
  { nodes, hub }: Wanted,
  flags: HubFlags & { readonly replaceKeys?: boolean },
): Promise<Keys> {
  for (const node of nodes)
    if (member(spec.nodes, node) === undefined)
      throw new Exit(EXIT.usage, `cannot find node ${node} in the spec`)
  const noted = (node: string): string | undefined => member(spec.nodes, node)?.recipient
  const lacking = nodes.some((node) => noted(node) === undefined)
  const told = lacking || flags.replaceKeys === true ? await toldKeys(io, flags) : new Map()
  const keys = new Map<string, string>()
  const fresh: Fresh[] = []
  for (const node of nodes) {
    const mine = noted(node)
    const other: string | undefined = told.get(node)
    if (mine !== undefined && other !== undefined && mine !== other && flags.replaceKeys !== true)
      throw new Exit(
        EXIT.refused,
        `cannot tell the key of ${node}: the hub says ${other}, the spec ${mine}`,
        `hactl key age on ${node} shows which is right; --replace-keys takes the hub's`,
      )
    const key = flags.replaceKeys === true ? (other ?? mine) : (mine ?? other)
    if (key === undefined) continue
    keys.set(node, key)
    if (key !== mine) fresh.push({ at: ['nodes', node], recipient: key })
  }
  const unknown = [
    ...nodes.filter((node) => !keys.has(node)),
    ...(hub && spec.hub?.recipient === undefined ? ['the hub'] : []),
  ]
  if (unknown.length > 0)
    throw new Exit(
      EXIT.no,
      `cannot encrypt for ${unknown.join(', ')}: no age key is known`,
      'hactl key age shows it on the machine itself (--state of the hub there); write it to "recipient" of the node or of hub in the spec',
    )
  return {
    hub,
    fresh,
    of: (users) => [
      ...users.nodes.flatMap((node) => keys.get(node) ?? []),
      ...(users.hub && spec.hub?.recipient !== undefined ? [spec.hub.recipient] : []),
    ],
  }
}

async function toldKeys(io: Io, flags: HubFlags): Promise<ReadonlyMap<string, string>> {
  const { nodes, strangers } = await hubClient(await hubTarget(io, flags)).status()
  return new Map(
    [...nodes, ...strangers].flatMap(({ node, report }) =>
      report?.recipient === undefined ? [] : [[node, report.recipient] as const],
    ),
  )
}
