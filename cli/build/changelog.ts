// The changelog in Debian's format (deb-changelog(5)), which also dates every file of a package.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Entry = {
  readonly version: string
  readonly lines: readonly string[]
  readonly by: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export const changelogText = (): string =>
  readFileSync(join(import.meta.dirname, 'package/changelog'), 'utf8')

/** Newest first. @throws when it holds no entry or one without a date. Pure. */
export function parseChangelog(text: string): readonly Entry[] {
  const found = [...text.matchAll(/^hactl \(([^)]+)\).*\n([\s\S]*?)^ -- (.+?) {2}(.+)$/gm)]
  if (found.length === 0) throw new Error('cannot read the changelog: no entry')
  return found.map(([, version = '', body = '', by = '', date = '']) => {
    const at = Date.parse(date)
    if (Number.isNaN(at)) throw new Error(`cannot read the changelog: no date in ${date}`)
    const lines = body.split('\n').filter((line) => line.trim() !== '')
    return { version, lines, by, at }
  })
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** As a %changelog section wants it. Pure. */
export const rpmChangelog = (entries: readonly Entry[]): string =>
  entries
    .map(({ version, lines, by, at }) => {
      const day = new Date(at)
      const date = `${DAYS[day.getUTCDay()]} ${MONTHS[day.getUTCMonth()]} ${String(day.getUTCDate()).padStart(2, '0')} ${day.getUTCFullYear()}`
      const body = lines.map((line) => line.replace(/^ {2}\* /, '- '))
      return [`* ${date} ${by} - ${version}-1`, ...body].join('\n')
    })
    .join('\n\n')
