// The whole command line as a tree. Definitions only: each verb imports its implementation when it runs.
import { Command, CommanderError, Help } from 'commander'
import { addAgent } from './commands/agent.ts'
import { addAlerts } from './commands/alerts.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfirm } from './commands/confirm.ts'
import { addDiff } from './commands/diff.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrain } from './commands/drain.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addHistory } from './commands/history.ts'
import { addHub } from './commands/hub.ts'
import { addInit } from './commands/init.ts'
import { addImport } from './commands/import.ts'
import { addLab } from './commands/lab.ts'
import { addKey } from './commands/key.ts'
import { addLint } from './commands/lint.ts'
import { addLogs } from './commands/logs.ts'
import { addNotify } from './commands/notify.ts'
import { addPause } from './commands/pause.ts'
import { addPlan } from './commands/plan.ts'
import { addPush } from './commands/push.ts'
import { addRender } from './commands/render.ts'
import { addResume } from './commands/resume.ts'
import { addRollback } from './commands/rollback.ts'
import { addSchema } from './commands/schema.ts'
import { addSecret } from './commands/secret.ts'
import { addSign } from './commands/sign.ts'
import { addStatus } from './commands/status.ts'
import { addToken } from './commands/token.ts'
import { addUndrain } from './commands/undrain.ts'
import { addValidate } from './commands/validate.ts'
import { addVerify } from './commands/verify.ts'
import { addVersion } from './commands/version.ts'
import { EXIT, Exit, type ExitCode, errnoOf, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import { paint, plain } from './print.ts'

const HELP_COLUMNS = 80

/** In the order of a working day; help shows them so. */
const VERBS = [
  addValidate,
  addLint,
  addPlan,
  addRender,
  addImport,
  addSign,
  addVerify,
  addPush,
  addConfirm,
  addStatus,
  addAlerts,
  addHistory,
  addDiff,
  addRollback,
  addPause,
  addResume,
  addDrain,
  addUndrain,
  addEvents,
  addLogs,
  addDoctor,
  addExplain,
  addAgent,
  addHub,
  addToken,
  addLab,
  addNotify,
  addKey,
  addSecret,
  addInit,
  addSchema,
  addCompletion,
  addVersion,
] as const

/** Help names these only: it must fit a screen. */
const RARE = [
  'import',
  ...[
    'lint',
    'render',
    'diff',
    'sign',
    'verify',
    'key',
    'secret',
    'token',
    'notify',
    'schema',
    'completion',
  ],
  'version',
  'explain',
]

/** The tree, writing through `io`; it never ends the process. */
export function makeProgram(io: Io): Command {
  const program = new Command('hactl')
    .description('High availability for load balancers: one JSON spec per cluster.')
    .exitOverride()
    // `hactl hub join-token --json`: options after a verb are that verb's.
    .enablePositionalOptions()
    .configureHelp({
      helpWidth: HELP_COLUMNS,
      visibleCommands: (verb) =>
        new Help()
          .visibleCommands(verb)
          .filter((one) => verb.parent !== null || !RARE.includes(one.name())),
      // "[options]" after every verb says nothing and costs the line its description.
      subcommandTerm: (verb) =>
        [verb.name(), ...verb.registeredArguments.map((a) => argument(a.name(), a.required))].join(
          ' ',
        ),
    })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => io.color,
      getErrHasColors: () => io.color,
      // Errors are said once, by runCli.
      outputError: () => {},
    })
    .helpCommand(false)
  for (const add of VERBS) add(program, io)
  const also = `Also, by hactl VERB --help: ${RARE.join(', ')}`
  program.addHelpText('after', () => `\n${new Help().boxWrap(also, HELP_COLUMNS)}`)
  for (const leaf of leaves(program))
    if (!leaf.options.some((option) => option.long === '--json'))
      leaf.option('--json', 'print JSON for programs')
  program.hook('preAction', (_, action) => {
    io.json = action.opts()['json'] === true
  })
  return program
}

const argument = (name: string, required: boolean): string => (required ? `<${name}>` : `[${name}]`)

export const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)

/** Runs one command line (without node and script) and says how it ended. Never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  io.json = argv.includes('--json')
  try {
    await makeProgram(io).parseAsync([...argv], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return ended(error, io)
  }
}

function ended(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return commanderEnded(error, io)
  if (error instanceof Exit) {
    if (error.message !== '') say(io, error.code, error.message, error.hint, error)
    return error.code
  }
  // What the parts throw on purpose says what cannot be done (a lock that is held, a port in use).
  if (error instanceof Error && error.message.startsWith('cannot ')) {
    say(io, EXIT.no, error.message, '', error)
    return EXIT.no
  }
  const missing = errnoOf(error)
  // A file the user named, or a place he may not write: his mistake or his machine, not our bug.
  if (['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ENOSPC', 'EROFS'].includes(missing)) {
    say(io, EXIT.usage, `cannot do it: ${messageOf(error)}`, '', error)
    return EXIT.usage
  }
  say(
    io,
    EXIT.bug,
    `a bug of hactl, not of yours: ${messageOf(error)}`,
    'HACTL_DEBUG=1 shows where; please report it',
    error,
  )
  return EXIT.bug
}

function commanderEnded(error: CommanderError, io: Io): ExitCode {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.ok
  // Help that was shown because nothing was asked.
  if (error.code === 'commander.help') return EXIT.usage
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean/, ' (did you mean')
  say(io, EXIT.usage, message, '--help shows how', error)
  return EXIT.usage
}

function say(io: Io, exit: ExitCode, message: string, hint: string, error: unknown): void {
  if (io.json) io.out(`${JSON.stringify({ ok: false, exit, error: message, hint })}\n`)
  else {
    io.err(`${paint(io, 'red', 'hactl:')} ${plain(message)}\n`)
    if (hint !== '') io.err(`       ${hint}\n`)
  }
  if (io.env['HACTL_DEBUG'] === '1') io.err(`${stackOf(error)}\n`)
}

const stackOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack ?? error.message}${error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`}`
    : String(error)
