// Lines of our daemons and of the agent out of journald: bounded in time and output, never in the way of a pass.
import { execa } from 'execa'
import type { LogLine, LogsAsk, LogUnit } from '../../spec/logs.ts'
import { COMMAND_ENVIRONMENT } from './exec.ts'
import { HostError } from './host-error.ts'
import { LOG_READ_BYTES_MAX, LOG_READ_TIMEOUT_MS } from './limits.ts'
import type { LogRead } from './log-files.ts'

const UNITS: Readonly<Record<LogUnit, string>> = {
  haproxy: 'haproxy.service',
  keepalived: 'keepalived.service',
  nginx: 'nginx.service',
  agent: 'hactl-agent.service',
}
const CURSOR = /^[\x21-\x7e]{1,500}$/

/**
 * What journalctl of systemd 219 and newer understands. Newest first where the newest are wanted: -n with --since counts from the
 * beginning on some releases and from the end on others. Pure.
 */
export function journalArgv({ units, lines, since, after }: LogsAsk): readonly string[] {
  const place = after === undefined || after === '' ? ['-r'] : [`--after-cursor=${after}`]
  return [
    ...['journalctl', '--no-pager', '-q', '-o', 'json', '-n', String(lines), ...place],
    ...(since === undefined ? [] : [`--since=@${Math.floor(since / 1000)}`]),
    ...units.flatMap((unit) => ['-u', UNITS[unit]]),
  ]
}

const field = (entry: object, name: string): unknown =>
  Object.entries(entry).find(([key]) => key === name)?.[1]

/** Text that is not UTF-8 comes as bytes, and what is too long as null (systemd's JOURNAL_EXPORT_FORMATS). */
function messageOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return '(a line that is too long, or none)'
  return Buffer.from(value.map(Number)).toString('utf8')
}

const wholeOf = (value: unknown): number | undefined =>
  typeof value === 'string' && /^[0-9]{1,17}$/.test(value) ? Number(value) : undefined

/** Of journalctl -o json, in its order; what is no entry (a line that was cut) is left out. Pure. */
export function parseJournal(
  text: string,
  units: readonly LogUnit[],
): readonly (LogLine & { readonly cursor: string })[] {
  return text.split('\n').flatMap((line) => {
    let entry: unknown
    try {
      entry = JSON.parse(line)
    } catch {
      return []
    }
    if (typeof entry !== 'object' || entry === null) return []
    // journald's own words about a unit (a start, a death) carry the unit's name in UNIT.
    const names = [field(entry, '_SYSTEMD_UNIT'), field(entry, 'UNIT')]
    const unit = units.find((one) => names.includes(UNITS[one]))
    const cursor = field(entry, '__CURSOR')
    if (unit === undefined || typeof cursor !== 'string' || !CURSOR.test(cursor)) return []
    const micros = wholeOf(field(entry, '__REALTIME_TIMESTAMP'))
    const priority = wholeOf(field(entry, 'PRIORITY'))
    return [
      {
        ...{ unit, cursor, text: messageOf(field(entry, 'MESSAGE')) },
        ...(micros !== undefined && { at: Math.floor(micros / 1000) }),
        ...(priority !== undefined && priority <= 7 && { priority }),
      },
    ]
  })
}

/** @throws HostError where journalctl cannot be run, or does not take the cursor any more. */
export async function readJournal(ask: LogsAsk, signal: AbortSignal): Promise<LogRead> {
  const argv = journalArgv(ask)
  const result = await execa('nice', ['-n', '10', ...argv], {
    reject: false,
    shell: false,
    stdin: 'ignore',
    extendEnv: false,
    env: COMMAND_ENVIRONMENT,
    cwd: '/',
    timeout: LOG_READ_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    cancelSignal: signal,
    maxBuffer: LOG_READ_BYTES_MAX,
  })
  // Too much output ends it: what came until then are whole entries, in their order.
  if (result.exitCode !== 0 && !result.isMaxBuffer) {
    const says = result.timedOut ? 'it takes too long' : result.stderr.trim().split('\n')[0]
    throw new HostError('read the journal', new Error(says || result.shortMessage))
  }
  const newestFirst = argv.includes('-r')
  const found = parseJournal(result.stdout, ask.units)
  const lines = newestFirst ? found.toReversed() : found
  return {
    lines: lines.map(({ cursor: _, ...line }) => line),
    after: lines.at(-1)?.cursor ?? ask.after ?? '',
    note: '',
  }
}
