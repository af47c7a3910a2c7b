// What the runtime API says of the running servers; kinds/live.ts turns differences into commands.
import type { ServerHealth } from '../../../spec/report.ts'
import type { Observed } from '../../plan/types.ts'

type LiveServers = Observed['servers']

// Bits of srv_admin_state (management manual, "show servers state"): forced maintenance, forced drain. The others
// say why a server started so, or that DNS has no answer; the runtime API does not clear those.
const FORCED_MAINT = 0x01
const FORCED_DRAIN = 0x08

function rows(text: string, head: string): readonly (readonly string[])[] {
  const start = text.indexOf(head)
  if (start < 0) return []
  return text
    .slice(start + head.length)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(splitCsv)
}

/** Answer to `show servers state`, by "pool/server"; empty for any other text. */
export function parseServersState(text: string): LiveServers {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const header = lines.find(([mark]) => mark === '#')?.slice(1)
  if (header === undefined) return new Map()
  const column = (row: readonly string[], name: string) => row[header.indexOf(name)] ?? ''
  const found: [string, { weight: number; state: 'ready' | 'drain' | 'maint' }][] = []
  for (const row of lines) {
    if (row.length !== header.length || row[0] === '#') continue
    const admin = Number(column(row, 'srv_admin_state'))
    const weight = Number(column(row, 'srv_uweight'))
    if (!Number.isInteger(admin) || !Number.isInteger(weight)) continue
    const state = admin & FORCED_MAINT ? 'maint' : admin & FORCED_DRAIN ? 'drain' : 'ready'
    found.push([`${column(row, 'be_name')}/${column(row, 'srv_name')}`, { weight, state }])
  }
  return new Map(found)
}

/** One CSV line with RFC 4180 quotes. */
function splitCsv(line: string): readonly string[] {
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? []
  return cells.map((cell) =>
    cell
      .replace(/,$/, '')
      .replace(/^"([\s\S]*)"$/, '$1')
      .replaceAll('""', '"'),
  )
}

/** Answer to `show stat`: one entry per server, none for frontends, totals and hactl's own pages. */
export function parseStat(csv: string): readonly ServerHealth[] {
  const head = /^# (.*)$/m.exec(csv)
  if (head === null) return []
  const names = splitCsv(head[1] ?? '')
  const cell = (row: readonly string[], name: string) => row[names.indexOf(name)] ?? ''
  return rows(csv, head[0])
    .filter((row) => !['FRONTEND', 'BACKEND', ''].includes(cell(row, 'svname')))
    .filter((row) => !cell(row, 'pxname').startsWith('hactl-'))
    .map((row) => ({
      pool: cell(row, 'pxname').slice(0, 31),
      server: cell(row, 'svname').slice(0, 31),
      status: cell(row, 'status').slice(0, 40),
      why: [cell(row, 'check_status'), cell(row, 'check_code'), cell(row, 'last_chk')]
        .filter((word) => word !== '')
        .join(' ')
        .slice(0, 200),
      weight: Number(cell(row, 'weight')) || 0,
      sessions: Number(cell(row, 'scur')) || 0,
    }))
}
