// The kernel's mount table, and whether it shows what is wanted. Reading it never waits for a server. Pure.
import type { MountRow, MountWish } from '../plan/types.ts'

export const MOUNTINFO_PATH = '/proc/self/mountinfo'

/** Octal escapes for blank, tab, newline and backslash. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )

/** proc_pid_mountinfo(5): `36 35 0:42 / /srv/www rw,relatime shared:1 - nfs4 192.0.2.5:/www rw,vers=4.2,...` */
export function parseMountinfo(text: string): readonly MountRow[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ')
    const [, , , , path, options = ''] = left.split(' ')
    const [type, source, more = ''] = right.split(' ')
    if (path === undefined || type === undefined || source === undefined) return []
    return [
      {
        path: plain(path),
        type,
        source: plain(source),
        options: [...options.split(','), ...more.split(',')],
      },
    ]
  })
}

export const isNfs = ({ type }: MountRow): boolean => type === 'nfs' || type === 'nfs4'
export const isAutofs = ({ type }: MountRow): boolean => type === 'autofs'

const hasVersion = (wish: MountWish, { options }: MountRow): boolean =>
  options.some((one) =>
    // 4 alone means the newest minor version that both know (nfs(5)).
    wish.version === '4' ? /^vers=4(?:\.|$)/.test(one) : one === `vers=${wish.version}`,
  )

const fits = (wish: MountWish, row: MountRow): boolean =>
  isNfs(row) &&
  row.source === wish.source &&
  hasVersion(wish, row) &&
  row.options.includes('ro') !== wish.write &&
  row.options.includes(wish.hard ? 'hard' : 'soft')

export type MountIs = 'right' | 'absent' | 'wrong'

/** By what is on top: a mount hides all that was mounted there before. */
export function mountIs(wish: MountWish, rows: readonly MountRow[]): MountIs {
  const top = rows.at(-1)
  if (top === undefined) return 'absent'
  if (fits(wish, top)) return 'right'
  return isAutofs(top) && wish.automount ? 'right' : 'wrong'
}

/** For people: what is there now. */
export function rowText(row: MountRow | undefined): string {
  if (row === undefined) return 'nothing'
  if (isAutofs(row)) return 'an automount'
  const said = row.options.filter((one) => /^(?:ro|rw|hard|soft|vers=.*)$/.test(one))
  return `${row.source} (${[...new Set([row.type, ...said])].join(', ')})`
}
