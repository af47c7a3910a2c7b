// What `hactl alerts` does.
import type { AlertRecord, Alerts } from '../spec/status.ts'
import { hubClient } from './client.ts'
import type { AlertsFlags } from './commands/alerts.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { age, jsonOut, type Paint, paint, plain, table, when } from './print.ts'
import { hubTarget } from './target.ts'

const COLOURS: Readonly<Record<AlertRecord['severity'], Paint>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
}

/** Ends with 1 while something worse than an info is open, so that a script needs no more than the exit code. */
export async function alerts(io: Io, flags: AlertsFlags): Promise<void> {
  const all = flags.all === true
  const client = hubClient(await hubTarget(io, flags))
  const found = await client.alerts(all ? flags.limit : 1, flags.before)
  const shown = all ? found : { open: found.open, closed: [] }
  if (io.json) jsonOut(io, shown)
  else io.out(alertsText(io, shown, all))
  if (found.open.some((one) => one.severity !== 'info')) throw new Exit(EXIT.no)
}

export function alertsText(io: Pick<Io, 'color'>, { open, closed }: Alerts, all: boolean): string {
  if (open.length + closed.length === 0) return all ? 'No alert yet.\n' : 'No alert is open.\n'
  const head = ['SEVERITY', 'SINCE', 'ENDED', ...(all ? ['SEQ'] : []), 'WHAT']
  const row = (one: AlertRecord): readonly string[] => [
    paint(io, one.closed === null ? COLOURS[one.severity] : 'dim', one.severity),
    when(one.since),
    one.closed === null ? 'open' : `after ${age(Math.max(0, one.closed - one.since))}`,
    ...(all ? [one.seq === 0 ? '-' : String(one.seq)] : []),
    plain(one.text).replace(/\s+/g, ' '),
  ]
  return table([head.map((cell) => paint(io, 'dim', cell)), ...[...open, ...closed].map(row)])
}
