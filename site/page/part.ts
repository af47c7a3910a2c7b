// What the page consists of, and which of it differs from what a reader has: only that is sent.
import { type Html, raw } from './html.ts'

/** One element with an id of its own. */
export type Row = { readonly id: string; readonly html: Html }
/** An element with the id `id` around rows; rows change one by one, the frame and the order only together. */
export type Section = {
  readonly id: string
  readonly open: Html
  readonly rows: readonly Row[]
  readonly close: Html
}

/** A section that is sent whole. */
export const whole = (id: string, body: Html): Section => ({
  id,
  open: raw(`<section id="${id}">${body.html}`),
  rows: [],
  close: raw('</section>'),
})
export const textOf = ({ open, rows, close }: Section): string =>
  open.html + rows.map((row) => row.html.html).join('') + close.html

type Kept = { readonly text: string; readonly version: number }
export type Versions = {
  /** Grows when something differs. */
  version(): number
  update(sections: readonly Section[]): void
  /** Elements that changed after `version`, as [id, outer HTML], outer ones first. */
  since(version: number): readonly (readonly [string, string])[]
}

export function createVersions(): Versions {
  let version = 0
  let frames = new Map<string, Kept>()
  let rows = new Map<string, Kept>()
  let sections: readonly Section[] = []
  const keep = (old: Kept | undefined, text: string, next: number): Kept =>
    old?.text === text ? old : { text, version: next }
  return {
    version: () => version,
    update(now) {
      const next = version + 1
      const frame = ({ open, rows, close }: Section) =>
        `${open.html}\n${rows.map((row) => row.id).join('\n')}\n${close.html}`
      frames = new Map(now.map((one) => [one.id, keep(frames.get(one.id), frame(one), next)]))
      rows = new Map(
        now.flatMap((one) =>
          one.rows.map(({ id, html }) => [id, keep(rows.get(id), html.html, next)] as const),
        ),
      )
      sections = now
      const changed = [...frames.values(), ...rows.values()].some((one) => one.version === next)
      if (changed) version = next
    },
    since: (than) =>
      sections.flatMap((section): readonly (readonly [string, string])[] =>
        (frames.get(section.id)?.version ?? 0) > than
          ? [[section.id, textOf(section)]]
          : section.rows
              .filter((row) => (rows.get(row.id)?.version ?? 0) > than)
              .map((row) => [row.id, row.html.html]),
      ),
  }
}
