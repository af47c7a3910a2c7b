// How a haproxy configuration is checked, and how the running process proves which one it runs.
import type { CheckVerdict, Engine, Version } from '../../engine.ts'
import type { Exec } from '../../world.ts'
import { digestIn } from './digest.ts'
import { SOCKET_PATH } from './paths.ts'
import { has } from './profiles.ts'

const NOT_STARTED = 127
/** Before 2.4 a date and time stand between the level and the pid. */
const PREFIX = /^\[(ALERT|WARNING|NOTICE)\]\s+(?:\d+\/\d+ )?\(\d+\) : (?:config : )?/
/** Lines without a level that end the output, on success and with warnings; in some versions only with -V. */
const GOOD_END = /^(?:Warnings were found\.|Configuration file is valid)$/
/** What haproxy says at the end whatever was wrong. */
const CLOSING = /^(?:Error\(s\) found in configuration file|Fatal errors found in configuration)/

type Message = { readonly level: string; readonly text: string }

/** Messages without time, pid and path of the candidate; a line without a level belongs to the one before. */
function messagesIn(stderr: string): readonly Message[] {
  const found: Message[] = []
  for (const line of stderr.split('\n')) {
    const level = PREFIX.exec(line)?.[1]
    const text = line
      .replace(PREFIX, '')
      .replace(/\[[^\]\s]*:(\d+)\]/g, 'line $1')
      .replace(/^parsing (line \d+)\s*:/, '$1:')
      .trim()
    const last = found.at(-1)
    if (text === '' || (level === undefined && GOOD_END.test(text))) continue
    if (level !== undefined) found.push({ level, text })
    else if (last !== undefined) found[found.length - 1] = { ...last, text: `${last.text} ${text}` }
    else found.push({ level: '', text })
  }
  return found
}

/**
 * Exit 0 is the only success; "Configuration file is valid" is printed by some versions only. A signal means that the
 * check itself crashed (3.4.0 does on `option external-check`), which says nothing good about the running process.
 */
function classify(result: Exec): CheckVerdict {
  if (result.signal !== null)
    return {
      ok: false,
      errors: [`haproxy ended with ${result.signal} while it checked this configuration`],
    }
  if (result.code === NOT_STARTED)
    return { ok: false, errors: ['haproxy could not be started for the check'] }
  const messages = messagesIn(`${result.stderr}\n${result.stdout}`)
  const of = (level: string) =>
    messages.filter((one) => one.level === level && !CLOSING.test(one.text)).map((one) => one.text)
  if (result.code === 0) return { ok: true, warnings: of('WARNING') }
  const alerts = of('ALERT')
  const all = messages.map((one) => one.text)
  const fallback = all.length > 0 ? all : [`haproxy refused it with exit code ${result.code}`]
  return { ok: false, errors: alerts.length > 0 ? alerts : fallback }
}

export const haproxyEngine = {
  name: 'haproxy',
  // The same mode flag as in service: some directives are valid in master-worker mode only (FIELD 4.7).
  checkArgv: (candidate: string, version: Version) => [
    'haproxy',
    ...(has(version, 'master-worker') ? ['-W'] : []),
    '-c',
    '-f',
    candidate,
  ],
  classify,
  proof: { by: 'socket', socket: SOCKET_PATH, command: 'show info' },
  digestIn,
} satisfies Engine
