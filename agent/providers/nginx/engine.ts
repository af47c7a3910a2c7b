// How an nginx configuration is checked, and how the running process proves which one it runs.
import type { CheckVerdict, Engine } from '../../engine.ts'
import type { Exec } from '../../world.ts'
import { DIGEST_PATH, SOCKET_PATH } from './paths.ts'
import { digestIn } from './render.ts'

const NOT_STARTED = 127
/** Once the configuration is read, messages come in the form of the log file. */
const MESSAGE =
  /^(?:nginx: |\d{4}\/\d\d\/\d\d [\d:]{8} )\[(debug|info|notice|warn|error|crit|alert|emerg)\] (?:\d+#\d+: )?(.*)$/
/** Said at the end whatever was found. */
const CLOSING =
  /^nginx: (?:the configuration file .* syntax is ok|configuration file .* test (?:is successful|failed))$/
/** Only a warning to nginx, but a name that stands twice is a route that is silently ignored (FIELD 4.8). */
const CONFLICT = /conflicting server name/
/** Its compiled-in log, opened before any configuration is read; ours names another. */
const OWN_LOG = /could not open error log file/

type Message = { readonly level: string; readonly text: string }

/** Messages without the path of the candidate; a line that is none counts as an error's. */
function messagesIn(stderr: string): readonly Message[] {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !CLOSING.test(line))
    .map((line) => {
      const [, level = 'error', said = line] = MESSAGE.exec(line) ?? []
      const text = said.replace(/ in \S+:(\d+)$/, ' in line $1')
      return { level, text }
    })
}

const isError = ({ level, text }: Message): boolean =>
  CONFLICT.test(text) ||
  (!['debug', 'info', 'notice', 'warn'].includes(level) && !OWN_LOG.test(text))

/** Exit 0 and no message of a level above warn: nginx -t goes on after some of them. */
function classify(result: Exec): CheckVerdict {
  if (result.signal !== null)
    return {
      ok: false,
      errors: [`nginx ended with ${result.signal} while it checked this configuration`],
    }
  if (result.code === NOT_STARTED)
    return { ok: false, errors: ['nginx could not be started for the check'] }
  const messages = messagesIn(`${result.stderr}\n${result.stdout}`)
  const errors = messages.filter(isError).map((one) => one.text)
  if (result.code === 0 && errors.length === 0)
    return { ok: true, warnings: messages.map((one) => one.text) }
  const all = messages.map((one) => one.text)
  const fallback = all.length > 0 ? all : [`nginx refused it with exit code ${result.code}`]
  return { ok: false, errors: errors.length > 0 ? errors : fallback }
}

export const nginxEngine = {
  name: 'nginx',
  checkArgv: (candidate: string) => ['nginx', '-t', '-c', candidate],
  classify,
  proof: { by: 'get', url: `unix:${SOCKET_PATH}:${DIGEST_PATH}` },
  digestIn,
} satisfies Engine
