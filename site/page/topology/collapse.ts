// Makes a picture of any cluster fit: many become one box that counts them, what is in trouble stays by name. Pure.
import { worse } from '../words.ts'
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

/** How the id of a box begins that stands for many. */
export const MORE = 'more:'
/** Boxes of one column, the one that stands for the rest included. */
const COLUMN_MAX = 10

const WORD: Readonly<Record<Column, string>> = {
  clients: 'clients',
  vip: 'vips',
  balancer: 'balancers',
  pool: 'pools',
  server: 'servers',
  storage: 'mounts',
}
/** Columns in which those that are well are named too. */
const FEW: readonly Column[] = ['vip', 'balancer']
const EDGE_ORDER: Readonly<Record<EdgeTone, number>> = { bad: 0, flow: 1, unknown: 2, idle: 3 }

type Alias = { readonly to: Box; readonly ids: readonly string[] }

function rest(boxes: readonly Box[], column: Column): readonly Alias[] {
  const here = boxes.filter((box) => box.column === column)
  if (here.length <= COLUMN_MAX) return []
  // Equal ones keep the order of the spec. One pool that is well among fifty is noise; a balancer is not.
  const ordered = [...here].sort((a, b) => worse(a.tone, b.tone))
  const troubles = here.filter((box) => box.tone !== 'ok').length
  const named = FEW.includes(column) ? COLUMN_MAX - 1 : Math.min(troubles, COLUMN_MAX - 1)
  const hidden = ordered.slice(named)
  const tones = hidden.map((box) => box.tone)
  const title = `${hidden.length}${named > 0 ? ' more' : ''} ${WORD[column]}`
  const to: Box = {
    detail: '',
    ...{ id: `${MORE}${column}`, column, title, tone: toneOfMany(tones), knownBy: [] },
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

export const collapse = (graph: Graph): Graph =>
  COLUMNS.reduce((now, column) => replace(now, rest(now.boxes, column)), graph)
