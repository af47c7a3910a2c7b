// hactl alerts: faults that are open, and those that ended.
import type { Command } from 'commander'
import { type HubFlags, integer, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type AlertsFlags = HubFlags & {
  readonly all?: boolean
  readonly before?: number
  readonly limit: number
}

export function addAlerts(program: Command, io: Io): void {
  withHub(
    program
      .command('alerts')
      .description('show what is wrong, since when; 1 when something is')
      .option('--all', 'also those that ended, newest first')
      .option('--before <seq>', 'with --all: only those before this one', integer(1, 1e15))
      .option('--limit <n>', 'with --all: at most so many', integer(1, 1_000), 50),
  ).action(async (flags: AlertsFlags) => {
    const { alerts } = await import('../alerts.ts')
    await alerts(io, flags)
  })
}
