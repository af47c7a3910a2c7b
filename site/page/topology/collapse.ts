// Makes a picture of any cluster fit: many become one box that counts them, what is in trouble stays by name. Pure.
import { type Tone, worse } from '../words.ts'
import {
  type Box,
  COLUMNS,
  type Column,
  type Edge,
  type EdgeTone,
  type Graph,
  tally,
  toneOfMany,
} from './graph.ts'

/** Boxes of one column, the one that stands for the rest included. */
const COLUMN_MAX = 10
/** Servers up to which each has a box of its own. */
const SERVERS_MAX = 12

const WORD: Readonly<Record<Column, string>> = {
  clients: 'clients',
  vip: 'vips',
  balancer: 'balancers',
  pool: 'pools',
  server: 'servers',
  storage: 'mounts',
}
const EDGE_ORDER: Readonly<Record<EdgeTone, number>> = { bad: 0, flow: 1, unknown: 2, idle: 3 }

type Alias = { readonly to: Box; readonly ids: readonly string[] }

/** Servers of one pool behind one box. */
function byPool({ boxes, edges }: Graph): readonly Alias[] {
  const servers = new Map(boxes.filter((b) => b.column === 'server').map((b) => [b.id, b]))
  if (servers.size <= SERVERS_MAX) return []
  const first = new Map<string, string>()
  for (const { from, to } of edges) if (servers.has(to) && !first.has(to)) first.set(to, from)
  return [...Map.groupBy(first, ([, pool]) => pool)].map(([pool, all]) => {
    const tones = all.map(([id]): Tone => servers.get(id)?.tone ?? 'off')
    return {
      ids: all.map(([id]) => id),
      to: {
        ...{ id: `servers:${pool}`, column: 'server', knownBy: [], tone: toneOfMany(tones) },
        ...{ title: `${all.length} servers`, says: tally(tones) },
        detail: pool.slice('pool:'.length),
        href: `/pools/${pool.slice('pool:'.length)}`,
      },
    }
  })
}

function rest(boxes: readonly Box[], column: Column): readonly Alias[] {
  const here = boxes.filter((box) => box.column === column)
  if (here.length <= COLUMN_MAX) return []
  // Equal ones keep the order of the spec.
  const hidden = [...here].sort((a, b) => worse(a.tone, b.tone)).slice(COLUMN_MAX - 1)
  const tones = hidden.map((box) => box.tone)
  const title = `${hidden.length} more ${WORD[column]}`
  const to: Box = {
    detail: '',
    ...{ id: `more:${column}`, column, title, tone: toneOfMany(tones), knownBy: [] },
    says: tones.every((tone) => tone === 'ok') ? 'all well' : tally(tones),
  }
  return [{ to, ids: hidden.map((box) => box.id) }]
}

function replace({ boxes, edges }: Graph, aliases: readonly Alias[]): Graph {
  if (aliases.length === 0) return { boxes, edges }
  const to = new Map(aliases.flatMap((alias) => alias.ids.map((id) => [id, alias.to.id] as const)))
  const merged = new Map<string, Edge>()
  for (const edge of edges) {
    const now = { ...edge, from: to.get(edge.from) ?? edge.from, to: to.get(edge.to) ?? edge.to }
    const key = `${now.from} ${now.to}`
    const old = merged.get(key)
    if (old === undefined || EDGE_ORDER[now.tone] < EDGE_ORDER[old.tone]) merged.set(key, now)
  }
  return {
    boxes: [...boxes.filter((box) => !to.has(box.id)), ...aliases.map((alias) => alias.to)],
    edges: [...merged.values()],
  }
}

export function collapse(graph: Graph): Graph {
  const grouped = replace(graph, byPool(graph))
  return COLUMNS.reduce((now, column) => replace(now, rest(now.boxes, column)), grouped)
}
