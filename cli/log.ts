// Lines of the two verbs that stay: for a terminal, for journald, or JSON. One message is one line, written before it returns.
import { fstatSync } from 'node:fs'
import { Option } from 'commander'
import type { Io } from './io.ts'
import { plain, when } from './print.ts'

export const LOG_FORMS = ['auto', 'text', 'json'] as const
export type LogFlags = { readonly log?: (typeof LOG_FORMS)[number] }

export const logOption = (): Option =>
  new Option('--log <form>', 'lines as (default: auto)').choices([...LOG_FORMS])

/** syslog(3) priorities by the names that loggers use. */
const PRIORITIES = { error: 3, warning: 4, notice: 5, info: 6 } as const
type Level = keyof typeof PRIORITIES
type Grade = { readonly level: Level; readonly event: string }

/** Events of a node by kind: the kinds are stable words of the protocol, and so are the codes. */
const LEVELS: Readonly<Record<string, Level>> = {
  failed: 'error',
  refused: 'warning',
  drift: 'warning',
  orphan: 'warning',
  alert: 'warning',
  transition: 'notice',
  applied: 'notice',
  adopted: 'notice',
  access: 'notice',
  daemon: 'info',
  agent: 'info',
  notify: 'info',
}

/** What could not be done is a warning in whatever kind it comes; `hub` is the hub's own word. Pure. */
export function gradeOf(message: string): Grade {
  const [, first = ''] = /^([a-z]+): /.exec(message) ?? []
  const known = LEVELS[first]
  const event = known !== undefined || first === 'hub' ? first : 'agent'
  const level = known ?? (first === 'warning' ? 'warning' : 'info')
  const cannot = level === 'info' && /^(?:[a-z ]+: )?cannot /.test(message)
  return { level: cannot ? 'warning' : level, event }
}

type Stat = () => { readonly dev: number; readonly ino: number }

/** Standard error is the stream that systemd.exec(5) names in JOURNAL_STREAM, not only a child's of one that had it. */
export function isJournal(env: Io['env'], stat: Stat = () => fstatSync(2)): boolean {
  const named = env['JOURNAL_STREAM']
  if (named === undefined || named === '') return false
  try {
    const { dev, ino } = stat()
    return named === `${dev}:${ino}`
  } catch {
    // A closed standard error: nobody reads either form.
    return false
  }
}

type About = {
  /** Name of the node; 'hub' for the hub. */
  readonly node: string
  readonly stat?: Stat
}

/**
 * `revision`: what the node wants at that time. Under journald `<N>` before a line is its priority (sd-daemon(3)), and the time is
 * journald's; control characters, a line feed above all, cannot make a second line with a priority of its own.
 */
export function logger(io: Io, form: LogFlags['log'], { node, stat }: About) {
  const json = io.json || form === 'json'
  const journal = !json && form !== 'text' && isJournal(io.env, stat)
  return (message: string, revision?: number): void => {
    const at = io.clock.now()
    const msg = plain(message).replaceAll('\n', ' ')
    const { level, event } = gradeOf(msg)
    if (json) {
      const time = new Date(at).toISOString()
      const line = { time, level, event, node, ...(revision !== undefined && { revision }), msg }
      io.err(`${JSON.stringify(line)}\n`)
    } else io.err(journal ? `<${PRIORITIES[level]}>${msg}\n` : `${when(at)}  ${msg}\n`)
  }
}
