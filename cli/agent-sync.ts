// What `hactl agent sync --force` does: root on a node says that it may go where the repository's history does not lead.
import { join } from 'node:path'
import { parseAgentConfig } from '../agent/config.ts'
import { COMMIT, GIT_FORCE_FILE } from '../agent/config-git.ts'
import { leaveWord } from './agent-word.ts'
import type { SyncFlags } from './commands/agent.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut } from './print.ts'

/** The agent looks for the word with each pass, and at the repository when there is a new one. */
export async function sync(io: Io, { force, config }: SyncFlags): Promise<void> {
  if (!new RegExp(COMMIT).test(force))
    throw new Exit(
      EXIT.usage,
      `cannot use ${force.slice(0, 80)}: it is no full id of a commit`,
      'git rev-parse prints it: 40 or 64 hexadecimal digits',
    )
  const parsed = parseAgentConfig(await readText(io, config))
  if (!parsed.ok)
    throw new Exit(EXIT.invalid, `cannot use ${config}`, `hactl agent --check --config ${config}`)
  const { source, state } = parsed.value
  if (source.git === undefined)
    throw new Exit(EXIT.refused, `cannot force a commit: the source in ${config} is no repository`)
  if (source.git.force !== undefined && source.git.force !== force)
    throw new Exit(
      EXIT.refused,
      `cannot force ${force}: "force" in ${config} names another commit`,
      'remove it there, and restart the agent',
    )
  const path = join(state, GIT_FORCE_FILE)
  try {
    await leaveWord(path, force)
  } catch (error) {
    throw new Exit(
      EXIT.no,
      `cannot tell the agent: ${messageOf(error)}`,
      'as root, on a node',
      error,
    )
  }
  if (io.json) jsonOut(io, { ok: true, commit: force })
  else
    io.out(`Commit ${force.slice(0, 12)} is taken when the repository has it; status shows it.\n`)
}
