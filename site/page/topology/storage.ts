// The last column of the picture: what is mounted from where, and how those who mount it find it. Pure.
import type { Cluster, ClusterMount } from '../../../spec/cluster.ts'
import type { MountState } from '../../../spec/report.ts'
import type { NodeStatus } from '../../../spec/status.ts'
import { type Tone, worst } from '../words.ts'
import type { Box, Edge, EdgeTone, Graph } from './graph.ts'

type Known = { readonly cluster: Cluster; readonly nodes: ReadonlyMap<string, NodeStatus> }
type Seen = { readonly node: string; readonly state: MountState['state'] | 'not told' }

function seenBy({ nodes }: Known, mounts: readonly ClusterMount[]): readonly Seen[] {
  return mounts.flatMap((mount) =>
    mount.nodes.map((name) => {
      const node = nodes.get(name)
      const told = node?.stale === false ? node.report?.mounts : undefined
      const state = told?.find((one) => one.name === mount.name)?.state ?? 'not told'
      return { node: name, state }
    }),
  )
}

const toneOf = ({ state }: Seen): Tone =>
  state === 'ok' ? 'ok' : state === 'not told' ? 'off' : 'bad'
const EDGE: Readonly<Record<Tone, EdgeTone>> = {
  ok: 'flow',
  warn: 'idle',
  bad: 'bad',
  off: 'unknown',
}

function words(seen: readonly Seen[]): string {
  const bad = seen.filter((one) => toneOf(one) === 'bad')
  if (bad.length > 0) return `${bad[0]?.state} on ${bad.map((one) => one.node).join(', ')}`
  const told = seen.filter((one) => one.state === 'ok').length
  return told === 0 ? 'not told' : `mounted on ${told} of ${seen.length}`
}

/** Exports of the spec and what is mounted from elsewhere; `drawn` are the boxes that may lead to them. */
export function storageOf(known: Known, drawn: ReadonlySet<string>): Graph {
  const { cluster } = known
  const owner = new Map(cluster.nodes.map((node) => [node.net.address, node.name]))
  const pathOf = ({ source }: ClusterMount) => source.slice(source.indexOf(':/') + 1)
  const bySource = Map.groupBy(cluster.mounts, (mount) => `${mount.server}:${pathOf(mount)}`)
  const mounted = [...bySource].map(([source, mounts]) => {
    const seen = seenBy(known, mounts)
    const server = mounts[0]?.server ?? ''
    const path = mounts[0] === undefined ? '' : pathOf(mounts[0])
    const box: Box = {
      ...{
        id: `storage:${source}`,
        column: 'storage',
        title: owner.get(server) ?? server,
        detail: path,
      },
      ...{ says: words(seen), tone: worst(seen.map(toneOf)), knownBy: [] },
      ...(owner.has(server) ? { href: `/nodes/${owner.get(server)}` } : {}),
    }
    const edges = seen.flatMap((one): Edge[] => {
      const from = [`server:${one.node}`, `node:${one.node}`].find((id) => drawn.has(id))
      return from === undefined ? [] : [{ from, to: box.id, tone: EDGE[toneOf(one)] }]
    })
    return { box, edges }
  })
  return {
    boxes: mounted.map(({ box }) => box),
    edges: mounted.flatMap(({ edges }) => edges),
  }
}
