// Tables that scroll by themselves, also with the keyboard alone; long ones keep what is well behind a line to open.
import { type Html, html, raw } from './html.ts'
import type { Row, Section } from './part.ts'
import { count } from './words.ts'

/** Rows up to which everything is shown at once. */
const SHOWN_MAX = 40

export type TableRow = Row & { readonly trouble: boolean }
export type Table = {
  readonly id: string
  readonly title: string
  /** For "12 more nodes are well". */
  readonly noun: string
  /** A head cell that starts with # is a number. */
  readonly head: readonly string[]
  readonly rows: readonly TableRow[]
}

const headOf = (head: readonly string[]): Html =>
  html`<thead><tr>${head.map((text) =>
    text.startsWith('#')
      ? html`<th scope="col" class="num">${text.slice(1)}</th>`
      : html`<th scope="col">${text}</th>`,
  )}</tr></thead>`

const open = (title: string, head: readonly string[]): string =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>${headOf(head)}<tbody>`
    .html

const CLOSE = '</tbody></table></div>'

/** Nothing at all without rows. */
export function tables({ id, title, noun, head, rows }: Table): readonly Section[] {
  const long = rows.length > SHOWN_MAX
  const shown = long ? rows.filter((row) => row.trouble) : rows
  const hidden = long ? rows.filter((row) => !row.trouble) : []
  const heading = html`<h2>${title}</h2>`.html
  const none = html`<p class="card calm">${count(rows.length, noun)}, none needs a look.</p>`.html
  const first: Section = {
    id,
    open: raw(
      rows.length === 0
        ? `<section id="${id}">`
        : `<section id="${id}">${heading}${shown.length > 0 ? open(title, head) : none}`,
    ),
    rows: shown,
    close: raw(shown.length > 0 ? `${CLOSE}</section>` : '</section>'),
  }
  const label = `${title} that are well`
  const rest: Section = {
    id: `${id}-well`,
    open: raw(
      hidden.length === 0
        ? `<section id="${id}-well">`
        : `<section id="${id}-well"><details><summary>${count(hidden.length, noun)} well</summary>${open(label, head)}`,
    ),
    rows: hidden,
    close: raw(hidden.length > 0 ? `${CLOSE}</details></section>` : '</section>'),
  }
  return [first, rest]
}

/** A short table that is sent whole. */
export const plainTable = (title: string, head: readonly string[], rows: readonly Html[]): Html =>
  html`${raw(open(title, head))}${rows}${raw(CLOSE)}`
