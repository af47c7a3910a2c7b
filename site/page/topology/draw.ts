// The picture as SVG: state is a shape, a word and a colour; boxes are links where there is more to read.
import { type Html, html, raw } from '../html.ts'
import type { Section } from '../part.ts'
import type { Tone } from '../words.ts'
import type { EdgeTone } from './graph.ts'
import { BOX, type Layout, type Line, type Placed } from './layout.ts'

/** Characters that fit into a box at the sizes of the style sheet. */
const TITLE_MAX = 17
const SAYS_MAX = 23
const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text
/** Of a path the end tells more than the beginning. */
const cutPlace = (text: string): string =>
  text.startsWith('/') && text.length > SAYS_MAX
    ? `…${text.slice(1 - SAYS_MAX)}`
    : cut(text, SAYS_MAX)

const isCut = ({ title, says, detail }: Placed): boolean =>
  title.length > TITLE_MAX || says.length > SAYS_MAX || detail.length > SAYS_MAX

/** Circle, triangle, square and dashed circle: told apart without any colour. */
const SHAPE: Readonly<Record<Tone, string>> = {
  ok: '<circle class="shape" cx="19" cy="27" r="9"/><path class="ink" d="M14.5 27.5l3 3 6-6.5"/>',
  warn: '<path class="shape" d="M19 17l10.5 18.5h-21z"/><path class="ink" d="M19 23.5v6M19 32.2v.6"/>',
  bad: '<rect class="shape" x="10" y="18" width="18" height="18" rx="3"/><path class="ink" d="M15 23l8 8M23 23l-8 8"/>',
  off: '<circle class="shape" cx="19" cy="27" r="9"/><text class="mark" x="19" y="31.5">?</text>',
}
const LINE_WORDS: Readonly<Record<EdgeTone, string>> = {
  flow: 'traffic goes here',
  idle: 'stands by',
  bad: 'broken',
  unknown: 'not known',
}

function face(tone: Tone, box: Placed, says: string, part: string): Html {
  return html`<g class="face ${tone} ${part}"><rect class="card" width="${BOX.width}" height="${BOX.height}" rx="9"/>${raw(SHAPE[tone])}
<text class="name" x="38" y="23">${cut(box.title, TITLE_MAX)}</text><text class="says" x="38" y="40">${cut(says, SAYS_MAX)}</text><text class="place" x="38" y="56">${cutPlace(box.detail)}</text></g>`
}

function drawn(box: Placed): Html {
  const now = face(box.tone, box, box.says, 'now')
  const later = box.knownBy.length === 0 ? raw('') : face('off', box, 'UNKNOWN', 'later')
  // A name of its own only where the visible one is cut: a screen reader says what is to be seen.
  const inside = html`${isCut(box) ? html`<title>${box.title}: ${box.says} ${box.detail}</title>` : raw('')}${now}${later}`
  const decays = box.knownBy.length === 0 ? raw('') : html` data-decays="${box.knownBy.join(' ')}"`
  const body = box.href === undefined ? inside : html`<a href="${box.href}">${inside}</a>`
  return html`<g id="${idOf(box.id)}" class="box" transform="translate(${box.x} ${box.y})"${decays}>${body}</g>`
}

const idOf = (id: string): string => `t-${id}`

function line({ from, to, tone, x1, y1, x2, y2 }: Line): Html {
  const bend = Math.max(20, (x2 - x1) / 2)
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 3} ${y2}`
  const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 }
  const cross =
    tone === 'bad'
      ? html`<path class="cross" d="M${middle.x - 5} ${middle.y - 5}l10 10m0 -10l-10 10"/>`
      : raw('')
  return html`<g id="${idOf(`${from}>${to}`)}" class="line ${tone}"><title>${LINE_WORDS[tone]}</title><path d="${path}"/>${cross}</g>`
}

const ORDER: Readonly<Record<EdgeTone, number>> = { idle: 0, unknown: 1, flow: 2, bad: 3 }

/** Lines below boxes, and among lines what matters on top. */
export function picture(all: Layout): Section {
  const lines = [...all.lines].sort((a, b) => ORDER[a.tone] - ORDER[b.tone])
  const size = raw(
    `viewBox="0 0 ${all.width} ${all.height}" width="${all.width}" height="${all.height}"`,
  )
  const legend = html`<p class="legend dim"><span class="key flow"></span> traffic goes here <span class="key idle"></span> stands by <span class="key bad"></span> broken <span class="key unknown"></span> not known</p>`
  const empty = all.boxes.length === 0
  return {
    id: 'picture',
    open: empty
      ? raw('<section id="picture">')
      : html`<section id="picture"><h2>The way of a request</h2><div class="scroll canvas" tabindex="0" role="region" aria-label="The way of a request">
<svg ${size} class="picture" role="group" aria-label="clients, vips, balancers, pools, servers, storage">`,
    rows: [
      ...lines.map((one) => ({ id: idOf(`${one.from}>${one.to}`), html: line(one) })),
      ...all.boxes.map((box) => ({ id: idOf(box.id), html: drawn(box) })),
    ],
    close: empty ? raw('</section>') : html`</svg></div>${legend}</section>`,
  }
}
