// Log files where no journald is: what the built-in supervisor's daemons say, and the agent beside them. One reading is bounded.
import { appendFileSync, mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogLine, LogsAsk, LogUnit } from '../../spec/logs.ts'
import { boundLog } from './daemon-process.ts'
import { codeOf, HostError } from './host-error.ts'
import { LOG_TAIL_BYTES_MAX } from './limits.ts'

export type LogRead = {
  readonly lines: readonly LogLine[]
  /** '' when nothing is known yet. */
  readonly after: string
  readonly note: string
}

export const logFile = (runDirectory: string, name: string): string =>
  `${runDirectory}/log/${name}.log`

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
/** keepalived's own, with --log-console: "Sat Nov 28 15:14:47 2026: text", in local time. */
const KEEPALIVED = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}): (.*)$/
/** What the agent writes, below. */
const OURS = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)$/

/** The time that a line carries, and what is left of it. Pure but for the zone of the machine. */
export function timed(line: string): { readonly at?: number; readonly text: string } {
  const [, iso, rest = ''] = OURS.exec(line) ?? []
  if (iso !== undefined) return { at: Date.parse(iso), text: rest }
  const [, month = '', day, hour, minute, second, year, text = ''] = KEEPALIVED.exec(line) ?? []
  if (year === undefined) return { text: line }
  const date = [Number(year), MONTHS.indexOf(month), Number(day)] as const
  const at = new Date(...date, Number(hour), Number(minute), Number(second)).getTime()
  return Number.isNaN(at) ? { text: line } : { at, text }
}

/** How far each file was read: 'haproxy=12:3456,agent=13:78', inode and bytes. */
type Places = ReadonlyMap<string, { readonly inode: number; readonly bytes: number }>

const readPlaces = (text: string): Places =>
  new Map(
    [...text.matchAll(/([a-z]+)=(\d{1,19}):(\d{1,15})/g)].map(([, name = '', inode, bytes]) => [
      name,
      { inode: Number(inode), bytes: Number(bytes) },
    ]),
  )
const placesText = (places: Places): string =>
  [...places].map(([name, at]) => `${name}=${at.inode}:${at.bytes}`).join(',')

type Tail = {
  readonly lines: readonly string[]
  readonly inode: number
  /** Just after the last of the lines. */
  readonly bytes: number
}

/** Whole lines only; what is written just now is for the next reading. undefined where no such file is. */
async function tail(
  path: string,
  from: { readonly inode: number; readonly bytes: number } | undefined,
  most: number,
): Promise<Tail | undefined> {
  try {
    const file = await open(path)
    try {
      const { size, ino } = await file.stat()
      // A file that was cut or made anew is read from its beginning.
      const known = from?.inode === ino && from.bytes <= size ? from.bytes : undefined
      const begin = known ?? (from === undefined ? Math.max(0, size - LOG_TAIL_BYTES_MAX) : 0)
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(Math.min(LOG_TAIL_BYTES_MAX, size - begin)),
        position: begin,
      })
      const whole = buffer.subarray(0, bytesRead)
      const end = whole.lastIndexOf(10) + 1
      // A line longer than all that is read at once would be waited for without end.
      const stuck = end === 0 && bytesRead === LOG_TAIL_BYTES_MAX
      const text = whole.subarray(0, stuck ? bytesRead : end).toString('utf8')
      const lines = text.replace(/\n$/, '').split('\n')
      // The first one is half of a line where reading began in the middle.
      const fresh = text === '' ? [] : known === undefined && begin > 0 ? lines.slice(1) : lines
      if (from === undefined || fresh.length <= most)
        return {
          lines: fresh.slice(-most),
          inode: ino,
          bytes: begin + (stuck ? bytesRead : end),
        }
      const first = fresh.slice(0, most)
      return { lines: first, inode: ino, bytes: begin + Buffer.byteLength(`${first.join('\n')}\n`) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new HostError(`read ${path}`, error)
  }
}

type Placed = LogLine & { readonly order: number }

/** A line without a time stands where the timed line before it in its file does. */
function placed(unit: LogUnit, lines: readonly string[]): readonly Placed[] {
  let order = 0
  return lines.map((line) => {
    const found = timed(line)
    order = found.at ?? order
    return { unit, order, ...found }
  })
}

/** The newest lines of all files together, or those that follow; within one file their order stays. */
export async function readLogFiles(runDirectory: string, ask: LogsAsk): Promise<LogRead> {
  const known = readPlaces(ask.after ?? '')
  const following = (ask.after ?? '') !== ''
  const places = new Map(known)
  const all: Placed[] = []
  const absent: string[] = []
  // Each unit has its share, so that a flood of one cannot keep the others from being read.
  const most = following ? Math.max(1, Math.floor(ask.lines / ask.units.length)) : ask.lines
  for (const unit of ask.units) {
    const from = known.get(unit) ?? (following ? { inode: 0, bytes: 0 } : undefined)
    const read = await tail(logFile(runDirectory, unit), from, most)
    if (read === undefined) absent.push(unit)
    else {
      places.set(unit, { inode: read.inode, bytes: read.bytes })
      all.push(...placed(unit, read.lines))
    }
  }
  const since = ask.since ?? 0
  const lines = all
    .filter(({ at }) => at === undefined || at >= since)
    .sort((a, b) => a.order - b.order)
    .slice(-ask.lines)
    .map(({ order: _, ...line }) => line)
  const timeless = ask.since !== undefined && lines.some(({ at }) => at === undefined)
  return {
    lines,
    // Not '' when no file is there yet: what comes later follows.
    after: placesText(places) || 'none',
    note: [
      ...(absent.length === ask.units.length ? [`no log of ${absent.join(', ')} here`] : []),
      ...(timeless ? ['lines without a time of their own may be older than asked'] : []),
    ].join('; '),
  }
}

/** Lines between two looks at the size. */
const BOUND_EVERY = 100

/** The agent's own lines beside those of its daemons, where no journal keeps them. */
export function createLogFile(path: string, now: () => number): (line: string) => void {
  let count = 0
  return (line) => {
    try {
      if (count === 0) mkdirSync(dirname(path), { recursive: true })
      if (count++ % BOUND_EVERY === 0) boundLog(path)
      const text = line.replaceAll('\n', ' ')
      appendFileSync(path, `${new Date(now()).toISOString()} ${text}\n`, { mode: 0o640 })
    } catch {
      // A full or read-only disk must not end the agent: the line went to standard error too.
    }
  }
}
