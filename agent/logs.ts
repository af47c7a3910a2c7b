// Answers those who ask for log lines: one reading at a time, slowly, bounded, and without secrets.
import { LOG_CHARS_MAX, LOG_LINE_CHARS_MAX } from '../spec/limits.ts'
import type { LogLine, Logs, LogsAsk } from '../spec/logs.ts'
import { textOf } from './failure.ts'
import { withoutSecrets } from './files.ts'
import type { LogDoor } from './host/logs.ts'
import type { Clock } from './world.ts'

/** Asks that wait while one is answered; more are told so. */
const WAITING_MAX = 8
/** Rest after each reading: a hub that asks without end gets a few answers a second, and the node its work done. */
const REST_MS = 200
const CUT = ' (cut)'

/** Takes the secrets of this node out by their values. */
type Redact = (text: string) => string
const nothing: Redact = (text) => text

/** Secrets are hidden before a line is cut, so that no half of one is left. */
function clean({ text, ...line }: LogLine, redact: Redact): LogLine {
  const masked = withoutSecrets(redact(text))
  return {
    ...line,
    text:
      masked.length <= LOG_LINE_CHARS_MAX
        ? masked
        : masked.slice(0, LOG_LINE_CHARS_MAX - CUT.length) + CUT,
  }
}

/** The newest that fit an answer. */
function fitting(lines: readonly LogLine[]): readonly LogLine[] {
  let left = LOG_CHARS_MAX
  const first = lines.findLastIndex((line) => {
    left -= line.text.length
    return left < 0
  })
  return lines.slice(first + 1)
}

/** One reading for whoever asked. Never throws. */
export async function readLogs(
  door: LogDoor,
  ask: LogsAsk,
  signal: AbortSignal,
  redact: Redact = nothing,
): Promise<Logs> {
  try {
    const { lines, after, note } = await door(ask, signal)
    const all = lines.map((line) => clean(line, redact))
    const shown = fitting(all)
    const left = all.length - shown.length
    const notes = [note, left === 0 ? '' : `${left} older lines did not fit`]
    return {
      lines: [...shown],
      after,
      note: notes.filter((one) => one !== '').join('; '),
      error: '',
    }
  } catch (error) {
    return { lines: [], after: ask.after ?? '', note: '', error: textOf(error).slice(0, 300) }
  }
}

export function createLogDesk(
  door: LogDoor,
  redact: Redact,
  clock: Clock,
  signal: AbortSignal,
): (ask: LogsAsk) => Promise<Logs> {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return async (ask) => {
    if (waiting >= WAITING_MAX)
      return {
        lines: [],
        after: ask.after ?? '',
        note: '',
        error: 'too many ask this node at once',
      }
    waiting++
    const answer = last.then(() => readLogs(door, ask, signal, redact))
    // Aborted when the agent ends: nobody is answered then.
    last = answer.then(() => clock.sleep(REST_MS, signal)).catch(() => undefined)
    try {
      return await answer
    } finally {
      waiting--
    }
  }
}
