// Where each box of the picture stands: columns from left to right, few crossings, each column in the middle. Pure.
import { MORE } from './collapse.ts'
import { type Box, COLUMNS, type Edge, type Graph } from './graph.ts'

export const BOX = { width: 178, height: 66 } as const
const GAP = { across: 44, down: 12 } as const
const MARGIN = 4

export type Placed = Box & { readonly x: number; readonly y: number }
export type Line = Edge & {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}
export type Layout = {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Placed[]
  readonly lines: readonly Line[]
}

/** Mean place of those that lead here (Sugiyama's barycenter, one sweep); equal ones keep their order. */
function ordered(
  boxes: readonly Box[],
  edges: readonly Edge[],
  places: ReadonlyMap<string, number>,
): readonly Box[] {
  const into = Map.groupBy(edges, (edge) => edge.to)
  const mean = (box: Box, at: number): number => {
    if (box.id.startsWith(MORE)) return Number.MAX_VALUE
    const from = (into.get(box.id) ?? []).flatMap((edge) => places.get(edge.from) ?? [])
    return from.length === 0 ? at : from.reduce((sum, place) => sum + place, 0) / from.length
  }
  return boxes
    .map((box, at) => ({ box, at, mean: mean(box, at) }))
    .sort((a, b) => a.mean - b.mean || a.at - b.at)
    .map(({ box }) => box)
}

const columnHeight = (many: number): number => many * (BOX.height + GAP.down) - GAP.down

export function layout({ boxes, edges }: Graph): Layout {
  const by = Map.groupBy(boxes, (box) => box.column)
  if (boxes.length === 0) return { width: 0, height: 0, boxes: [], lines: [] }
  const used = COLUMNS.flatMap((column) => {
    const here = by.get(column)
    return here === undefined ? [] : [here]
  })
  const tallest = Math.max(...used.map((here) => columnHeight(here.length)))
  const places = new Map<string, number>()
  const placed = new Map<string, Placed>()
  for (const [at, here] of used.entries()) {
    const top = MARGIN + (tallest - columnHeight(here.length)) / 2
    for (const [row, box] of ordered(here, edges, places).entries()) {
      const y = top + row * (BOX.height + GAP.down)
      places.set(box.id, y)
      placed.set(box.id, { ...box, x: MARGIN + at * (BOX.width + GAP.across), y })
    }
  }
  const lines = edges.flatMap((edge): Line[] => {
    const from = placed.get(edge.from)
    const to = placed.get(edge.to)
    if (from === undefined || to === undefined) return []
    const half = BOX.height / 2
    return [{ ...edge, x1: from.x + BOX.width, y1: from.y + half, x2: to.x, y2: to.y + half }]
  })
  return {
    width: 2 * MARGIN + used.length * (BOX.width + GAP.across) - GAP.across,
    height: 2 * MARGIN + tallest,
    boxes: [...placed.values()],
    lines,
  }
}
