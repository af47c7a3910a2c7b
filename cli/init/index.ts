// What `hactl init` does: writes the files into an empty directory, and makes them a repository's first commit.
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import type { InitFlags } from '../commands/init.ts'
import { EXIT, Exit, errnoOf } from '../exit.ts'
import { writeText } from '../files.ts'
import type { Io } from '../io.ts'
import { jsonOut } from '../print.ts'
import { identity } from '../remote.ts'
import { repositoryFiles } from './files.ts'

const GIT_TIMEOUT_MS = 30_000

/** Nothing is written where something is already: a half-made repository would be nobody's. */
export async function init(io: Io, directory: string, flags: InitFlags): Promise<void> {
  const path = resolve(io.cwd, directory)
  if (entriesOf(path).length > 0)
    throw new Exit(EXIT.usage, `cannot use ${directory}: it is not empty`, 'give a new directory')
  const who = flags.git ? await identity(io) : {}
  const files = repositoryFiles(flags.example)
  for (const [name, { body, mode }] of Object.entries(files))
    await writeText(io, join(path, name), body, mode)
  if (flags.git) await firstCommit(io, path, who, flags.example)
  const names = Object.keys(files)
  if (io.json) return jsonOut(io, { ok: true, directory: path, files: names, committed: flags.git })
  for (const name of names) io.out(`${name}\n`)
  io.out(`\n${directory} ${flags.git ? 'is a repository with its first commit' : 'is written'}. `)
  io.out('Its README.md says what CI and the nodes need.\n')
}

function entriesOf(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

async function firstCommit(
  io: Io,
  path: string,
  who: Readonly<Record<string, string>>,
  example: string,
): Promise<void> {
  const git = async (...args: readonly string[]) => {
    const done = await execa('git', ['-C', path, ...args], {
      reject: false,
      extendEnv: false,
      env: { ...io.env, ...who },
      stdin: 'ignore',
      timeout: GIT_TIMEOUT_MS,
      cancelSignal: io.signal,
    })
    if (done.exitCode !== 0)
      throw new Exit(EXIT.no, `cannot make the repository: ${done.stderr || done.shortMessage}`)
  }
  await git('init', '--quiet')
  // Git before 2.28 cannot be told the branch.
  await git('symbolic-ref', 'HEAD', 'refs/heads/main')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', `spec: begin with the ${example} cluster`)
}
