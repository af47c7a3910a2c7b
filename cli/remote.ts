// The user's own git, with his configuration, keys and credentials, in an empty repository of ours: one file, one commit.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { SPEC_BYTES_MAX } from '../spec/limits.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { plain } from './print.ts'

/** People may be asked for a passphrase meanwhile. */
const GIT_TIMEOUT_MS = 120_000
const STDERR_BYTES_MAX = 64 * 1024
const BASE = 'refs/hactl/base'

export type Remote = {
  readonly url: string
  readonly branch: string
  /** Newest commit of the branch; undefined while it has none. */
  readonly base: string | undefined
  /** undefined where the branch has no such file. */
  read(path: string): Promise<string | undefined>
  /** The new commit's id, once the remote has it. Throws Exit(conflict) when it moved. */
  push(change: {
    /** Text by path; every other file stays. */
    readonly files: Readonly<Record<string, string>>
    readonly message: string
  }): Promise<string>
}

type Run = (
  args: readonly string[],
  more?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>

const runner =
  (io: Io, directory: string): Run =>
  async (args, { input, env } = {}) => {
    const settings = ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.auto=0']
    const result = await execa('git', [...settings, ...args], {
      reject: false,
      cwd: io.cwd,
      extendEnv: false,
      env: {
        ...io.env,
        LC_ALL: 'C',
        GIT_DIR: directory,
        GIT_INDEX_FILE: join(directory, 'index'),
        ...env,
      },
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      timeout: GIT_TIMEOUT_MS,
      cancelSignal: io.signal,
      maxBuffer: { stdout: SPEC_BYTES_MAX + 1, stderr: STDERR_BYTES_MAX },
      stripFinalNewline: false,
    })
    if (result.exitCode === undefined && result.code === 'ENOENT')
      throw new Exit(EXIT.no, 'cannot find git', 'install it, or push to a hub', result)
    const { stdout, stderr } = result
    return {
      code: result.exitCode ?? 1,
      stdout,
      stderr: result.timedOut ? `no end after ${GIT_TIMEOUT_MS / 1000} s` : stderr,
    }
  }

/** The line of git's words that says most. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => plain(line).trim())
  const found = lines.find((line) => /^(?:remote: )?(?:fatal|error):/i.test(line))
  return (found ?? lines.find((line) => line !== '') ?? 'git gives no reason').slice(0, 300)
}

/** 'origin' of the repository around us, a path, or a URL as it stands. */
async function urlOf(io: Io, named: string): Promise<string> {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(named)) {
    const args = ['-C', io.cwd, 'remote', 'get-url', '--', named]
    const { exitCode, stdout } = await execa('git', args, {
      reject: false,
      extendEnv: false,
      env: io.env,
    })
    if (exitCode === 0 && stdout !== '') return stdout
  }
  if (named.startsWith('-'))
    throw new Exit(EXIT.usage, `cannot use '${plain(named)}' as a git remote`)
  return /^(?:[a-z+]+:\/\/|[^/]+@[^/]+:)/.test(named) ? named : resolve(io.cwd, named)
}

async function must(run: Run, what: string, ...rest: Parameters<Run>): Promise<string> {
  const { code, stdout, stderr } = await run(...rest)
  if (code !== 0) throw new Exit(EXIT.unreachable, `cannot ${what}: ${reasonOf(stderr)}`)
  return stdout
}

/** What a refused push means, and what to do next. */
function refused(stderr: string, url: string, branch: string): Exit {
  const where = `branch ${branch} of ${url}`
  if (/\[rejected\]|non-fast-forward|fetch first|stale info|cannot lock ref/.test(stderr))
    return new Exit(
      EXIT.conflict,
      `cannot push: ${where} has moved meanwhile`,
      'read what is there now, and push again',
    )
  if (/\[remote rejected\]|pre-receive hook declined|protected branch/i.test(stderr))
    return new Exit(
      EXIT.refused,
      `cannot push: ${where} does not take it: ${reasonOf(stderr)}`,
      'push to another branch, --git remote#branch, and ask for a merge',
    )
  return new Exit(EXIT.unreachable, `cannot push to ${where}: ${reasonOf(stderr)}`)
}

/** HACTL_AUTHOR as git writes authors, else what the user's git has for the directory he is in; for the environment of git. */
export async function identity(io: Io): Promise<Readonly<Record<string, string>>> {
  const given = /^([^<>\n]{1,100}) <([^<>\s]{1,200})>$/.exec(io.env['HACTL_AUTHOR'] ?? '') ?? []
  const ask = async (...args: readonly string[]) => {
    const options = { reject: false, extendEnv: false, env: io.env, cwd: io.cwd } as const
    const asked = await execa('git', args, options)
    return asked.exitCode === 0 ? asked.stdout.trim() : ''
  }
  const ident = given[0] ?? (await ask('var', 'GIT_AUTHOR_IDENT'))
  const [, name, email] = /^([^<>]+) <([^<>]+)>/.exec(ident) ?? []
  if (name === undefined || email === undefined)
    throw new Exit(
      EXIT.usage,
      'cannot commit: git does not know who you are',
      'git config --global user.name and user.email, or HACTL_AUTHOR="Name <mail@example.org>"',
    )
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  }
}

/** Opens a remote, looks at one branch of it (its HEAD where none is named), and cleans up after `work`. */
export async function withRemote<T>(
  io: Io,
  named: string,
  wanted: string | undefined,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'hactl-git-'))
  try {
    const run = runner(io, directory)
    const url = await urlOf(io, named)
    await must(run, 'use git', ['init', '--quiet', '--bare', '--template='])
    const listed = await must(run, `reach ${url}`, ['ls-remote', '--symref', '--', url])
    const head = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(listed)?.[1]
    const branch = wanted ?? head ?? 'main'
    await must(run, `use '${branch}' as a branch`, ['check-ref-format', `refs/heads/${branch}`])
    const ref = `refs/heads/${branch}`
    const base = listed
      .split('\n')
      .map((line) => line.split('\t'))
      .find(([, name]) => name === ref)?.[0]
    if (base !== undefined) {
      const fetch = ['fetch', '--quiet', '--no-tags', '--depth=1', '--', url, `+${ref}:${BASE}`]
      await must(run, `fetch ${branch} of ${url}`, fetch)
    }
    return await work(remoteOf(io, run, { url, branch, base }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function remoteOf(io: Io, run: Run, at: Pick<Remote, 'url' | 'branch' | 'base'>): Remote {
  const { url, branch, base } = at
  return {
    ...at,
    async read(path) {
      if (base === undefined) return undefined
      const { code, stdout } = await run(['cat-file', 'blob', `${BASE}:${path}`])
      return code === 0 ? stdout : undefined
    },
    async push({ files, message }) {
      const env = await identity(io)
      const make = (...rest: Parameters<Run>) => must(run, 'make the commit', ...rest)
      if (base !== undefined) await make(['read-tree', BASE])
      for (const [path, input] of Object.entries(files)) {
        const blob = (await make(['hash-object', '-w', '--stdin'], { input })).trim()
        await make(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`])
      }
      const tree = (await make(['write-tree'])).trim()
      const parent = base === undefined ? [] : ['-p', BASE]
      const commit = (await make(['commit-tree', tree, ...parent], { input: message, env })).trim()
      const { code, stderr } = await run([
        'push',
        '--quiet',
        '--',
        url,
        `${commit}:refs/heads/${branch}`,
      ])
      if (code !== 0) throw refused(stderr, url, branch)
      return commit
    },
  }
}
