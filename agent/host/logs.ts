// Log lines of this machine, from where they are kept: journald where systemd runs it, else files.
import type { LogsAsk } from '../../spec/logs.ts'
import { readJournal } from './journal.ts'
import { type LogRead, readLogFiles } from './log-files.ts'

export type LogDoor = (ask: LogsAsk, signal: AbortSignal) => Promise<LogRead>

/** What throws is a HostError. */
export const createLogDoor =
  (kind: 'systemd' | 'builtin', runDirectory: string): LogDoor =>
  (ask, signal) =>
    kind === 'systemd' ? readJournal(ask, signal) : readLogFiles(runDirectory, ask)
