// A lane for each vip: who held it in the last day. What the timeline says in words is seen here at a glance.
import type { ClusterStatus, VipStatus } from '../../spec/status.ts'
import type { Move } from '../moves.ts'
import { type Html, html, raw } from './html.ts'
import { type Section, whole } from './part.ts'
import { age, time } from './words.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** More are told by the cards and the timeline. */
const LANES_MAX = 12
const LEFT = 150
const WIDTH = 1_000
const ROW = 30
const BAR = 20
/** Of the font at its size; a label that does not fit is left to the title. */
const CHARACTER = 7.5
/** What is shorter than a pixel is drawn as wide as this: a short outage is what one looks for. */
const SEEN_MIN = 4

type Piece = {
  readonly from: number
  readonly to: number
  /** As in Move; '' is not known. */
  readonly words: string
}

/** Oldest first, without a gap, from `start` to `end`. */
export function piecesOf(
  vip: VipStatus,
  moves: readonly Move[],
  start: number,
  end: number,
): readonly Piece[] {
  const mine = moves.filter((move) => move.vip === vip.vip).sort((a, b) => a.at - b.at)
  const before = mine.filter(({ at }) => at <= start).at(-1)?.words ?? ''
  const inside = mine.filter(({ at }) => at > start && at < end)
  // Nothing is heard of it any more: from the last word on nobody knows.
  const heardMs = Math.min(...vip.lastKnown.map(({ ageMs }) => ageMs))
  const lost =
    vip.state === 'unknown' && Number.isFinite(heardMs)
      ? [{ at: Math.max(start, end - heardMs), words: '' }]
      : []
  const marks = [{ at: start, words: before }, ...inside, ...lost].sort((a, b) => a.at - b.at)
  return marks
    .map(({ at, words }, n) => ({ from: at, to: marks[n + 1]?.at ?? end, words }))
    .filter(({ from, to }) => to > from)
}

const kindOf = (words: string): 'held' | 'none' | 'split' | 'off' => {
  if (words === '') return 'off'
  if (words === 'nobody') return 'none'
  return words.startsWith('split: ') ? 'split' : 'held'
}
const LABEL = { none: '✕', split: '⚠', off: '?' } as const
const SAYS = { none: 'nobody', split: 'SPLIT BRAIN', off: 'not known' } as const

function titleOf({ from, to, words }: Piece, last: boolean): string {
  const kind = kindOf(words)
  const who =
    kind === 'held' ? words : kind === 'split' ? `${SAYS.split}, ${words.slice(7)}` : SAYS[kind]
  return `${who} from ${time(from)}${last ? ' until now' : `, for ${age(to - from)}`}`
}

type Scale = (at: number) => number

function bar(piece: Piece, y: number, x: Scale, place: { odd: boolean; last: boolean }): Html {
  const kind = kindOf(piece.words)
  const left = x(piece.from)
  const width = Math.max(SEEN_MIN, x(piece.to) - left)
  const label = kind === 'held' ? piece.words : LABEL[kind]
  const fits = label.length * CHARACTER + 10 <= width
  const shown = fits
    ? html`<text x="${(left + width / 2).toFixed(1)}" y="${y + 14}">${label}</text>`
    : raw('')
  return html`<g class="${kind}${kind === 'held' && place.odd ? ' odd' : ''}"><title>${titleOf(piece, place.last)}</title><rect x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}"/>${shown}</g>`
}

function lane(vip: string, pieces: readonly Piece[], y: number, x: Scale): Html {
  // Neighbours differ in shade, and one node keeps its own.
  const names = [...new Set(pieces.map(({ words }) => words).filter((w) => kindOf(w) === 'held'))]
  const name = vip.length > 18 ? `${vip.slice(0, 17)}…` : vip
  // Short ones last, so that no long neighbour covers them.
  const drawn = pieces
    .map((piece, n) => ({
      piece,
      place: { odd: names.indexOf(piece.words) % 2 === 1, last: n === pieces.length - 1 },
    }))
    .sort((a, b) => b.piece.to - b.piece.from - (a.piece.to - a.piece.from))
  return html`<text class="lane" x="0" y="${y + 14}">${name}</text>${drawn.map(({ piece, place }) => bar(piece, y, x, place))}`
}

const HOURS = [24, 18, 12, 6, 0] as const

/** Only where something moved within the day: a straight line says nothing that the cards do not. */
export function laneSection({ vips, now }: ClusterStatus, moves: readonly Move[]): Section {
  // To the minute, so that a second that passes is no change.
  const end = Math.ceil(now / MINUTE_MS) * MINUTE_MS
  const start = end - DAY_MS
  const x: Scale = (at) => LEFT + ((at - start) / DAY_MS) * (WIDTH - LEFT)
  const lanes = vips
    .map((vip) => ({ vip: vip.vip, pieces: piecesOf(vip, moves, start, end) }))
    .filter(({ pieces }) => pieces.length > 1)
    .slice(0, LANES_MAX)
  if (lanes.length === 0) return whole('lanes', raw(''))
  const height = lanes.length * ROW + 22
  const ticks = HOURS.map((hours) => {
    const at = x(end - hours * 3_600_000)
    const anchor = hours === 24 ? 'start' : hours === 0 ? 'end' : 'middle'
    return html`<path class="tick" d="M${at.toFixed(1)} 0V${height - 18}"/><text class="hour" text-anchor="${anchor}" x="${at.toFixed(1)}" y="${height - 6}">${hours === 0 ? 'now' : `${hours} h ago`}</text>`
  })
  const said = lanes.map(({ vip, pieces }) => {
    const last = pieces.at(-1)
    return `${vip}: ${pieces.length - 1} changes, ${last === undefined ? '' : titleOf(last, true)}`
  })
  return whole(
    'lanes',
    html`<h2>Who held what, last 24 hours</h2><div class="scroll canvas" tabindex="0" role="region" aria-label="Who held what"><svg class="lanes" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${said.join('; ')}">${ticks}${lanes.map(({ vip, pieces }, n) => lane(vip, pieces, n * ROW + 3, x))}</svg></div>`,
  )
}
