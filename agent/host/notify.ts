// Tells systemd that the agent is up and that its loop still turns (sd_notify(3)); silent where nobody listens.
import { execa } from 'execa'
import type { Host } from '../world.ts'
import { COMMAND_ENVIRONMENT } from './exec.ts'

const NOTIFY_TIMEOUT_MS = 5_000
/** A beat costs one short process: not more often than this. */
const BEAT_MS = 20_000

export type Notifier = {
  /** The unit becomes active. */
  ready(): void
  /** To be called when the pass loop got on: WatchdogSec of the unit counts from the last one. */
  beat(): void
}

/**
 * `run`, which beats while a command runs. Installing a package may take longer than WatchdogSec, and `run` ends
 * every command in bounded time; a loop that waits for anything else gets no beat from here.
 */
export const beatingRun =
  (run: Host['run'], beat: () => void, everyMs = BEAT_MS): Host['run'] =>
  async (argv, timeoutMs) => {
    const timer = setInterval(beat, everyMs)
    try {
      return await run(argv, timeoutMs)
    } finally {
      clearInterval(timer)
    }
  }

/**
 * systemd-notify speaks for its parent (sd_pid_notify), so that NotifyAccess=main is enough; node has no datagram
 * sockets of the unix family. A message that cannot be sent is logged once, never fatal.
 */
export function createNotifier(options: {
  /** $NOTIFY_SOCKET; undefined where the agent is not a unit of Type=notify. */
  readonly socket: string | undefined
  readonly monotonic: () => number
  readonly log: (line: string) => void
  /** Replaced in tests. */
  readonly program?: string
}): Notifier {
  const { socket, monotonic, log } = options
  if (socket === undefined || socket === '') return { ready: () => {}, beat: () => {} }
  let lastMs = Number.NEGATIVE_INFINITY
  let complained = false
  const send = async (word: string): Promise<void> => {
    const { failed, shortMessage } = await execa(options.program ?? 'systemd-notify', [word], {
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { ...COMMAND_ENVIRONMENT, NOTIFY_SOCKET: socket },
      timeout: NOTIFY_TIMEOUT_MS,
    })
    if (failed && !complained) log(`cannot tell systemd ${word}: ${shortMessage ?? ''}`)
    complained = failed
  }
  return {
    ready: () => void send('READY=1'),
    beat: () => {
      if (monotonic() - lastMs < BEAT_MS) return
      lastMs = monotonic()
      void send('WATCHDOG=1')
    },
  }
}

/** What systemd gave this process; read once. */
export const notifySocket = (): string | undefined => process.env['NOTIFY_SOCKET']
