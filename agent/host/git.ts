// The system's git as a reader: no configuration, hook, helper or question of anybody; bounded in time, output and disk.
import { mkdir, rm } from 'node:fs/promises'
import { execa } from 'execa'
import type { Git, GitAnswer, GitLimits } from '../world.ts'
import { COMMAND_ENVIRONMENT } from './exec.ts'
import { readFileState } from './files.ts'
import { HostError } from './host-error.ts'

/** Nothing that git writes may grow above this; a repository of specs is far below. */
const FILE_BYTES_MAX = 64 * 1024 * 1024
const STDERR_BYTES_MAX = 16 * 1024
/** From SIGTERM to SIGKILL, for git and all that it started. */
const KILL_SECONDS = 2
/** `timeout` of coreutils after SIGTERM, and after SIGKILL. */
const OVER_TIME = [124, 137]
const CONNECT_SECONDS = 10

export type GitAccess = {
  /** Made and removed at will: nothing else may stand there. */
  readonly directory: string
  readonly url: string
  readonly knownHosts?: string | undefined
  readonly identity?: string | undefined
  readonly user?: string | undefined
  readonly tokenFile?: string | undefined
  readonly ca?: string | undefined
}

/** Given before every verb: what git's own defaults, or a repository, would do otherwise. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  'fetch.fsckObjects=true',
  'fetch.unpackLimit=1',
  'fetch.recurseSubmodules=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'log.showSignature=false',
  'log.mailmap=false',
  // A token must not follow a redirect to somebody else.
  'http.followRedirects=false',
].flatMap((setting) => ['-c', setting])

/** Paths are of a pattern without blanks and quotes (config-git.ts): git hands this to a shell. */
const sshCommand = ({ knownHosts, identity }: GitAccess): string =>
  [
    'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ForwardAgent=no',
    `-o PermitLocalCommand=no -o ConnectTimeout=${CONNECT_SECONDS} -o ServerAliveInterval=5`,
    ...(knownHosts === undefined
      ? []
      : [`-o UserKnownHostsFile=${knownHosts} -o GlobalKnownHostsFile=/dev/null`]),
    ...(identity === undefined ? [] : [`-o IdentitiesOnly=yes -i ${identity}`]),
  ].join(' ')

function environment(access: GitAccess, network: boolean): Record<string, string> {
  return {
    ...COMMAND_ENVIRONMENT,
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    GIT_DIR: access.directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    // Empty, not absent: so that no other way to ask is looked for.
    GIT_ASKPASS: '',
    GIT_LITERAL_PATHSPECS: '1',
    // An empty list allows none.
    GIT_ALLOW_PROTOCOL: network ? 'https:http:ssh:file' : '',
    GIT_SSH_COMMAND: sshCommand(access),
    GIT_SSH_VARIANT: 'ssh',
    ...(access.ca === undefined ? {} : { GIT_SSL_CAINFO: access.ca }),
  }
}

/** In the environment, because every user of the machine may read command lines. */
async function authorization({ user, tokenFile }: GitAccess): Promise<Record<string, string>> {
  if (tokenFile === undefined) return {}
  const file = await readFileState(tokenFile)
  if (file === undefined) throw new Error(`the token file ${tokenFile} does not exist`)
  const basic = Buffer.from(`${user ?? 'git'}:${file.body.trim()}`).toString('base64')
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  }
}

/** Git of this machine on `access.directory`. Needs `timeout` (coreutils) and `prlimit` (util-linux). */
export function createGit(access: GitAccess): Git {
  const remove = async () => {
    try {
      await rm(access.directory, { recursive: true, force: true })
    } catch (cause) {
      throw new HostError(`remove ${access.directory}`, cause)
    }
  }
  return {
    remove,
    async fresh() {
      await remove()
      try {
        await mkdir(access.directory, { recursive: true, mode: 0o700 })
      } catch (cause) {
        throw new HostError(`make ${access.directory}`, cause)
      }
    },
    run: async (args, limits) =>
      runGit(args, limits, {
        ...environment(access, limits.network),
        ...(limits.network ? await authorization(access) : {}),
      }),
  }
}

async function runGit(
  args: readonly string[],
  { timeoutMs, outputBytesMax, signal }: GitLimits,
  env: Record<string, string>,
): Promise<GitAnswer> {
  // timeout ends the helpers with git, also when this agent is killed meanwhile; a file limit is the only bound that
  // holds for what a server sends.
  const bounds = ['-k', String(KILL_SECONDS), `${timeoutMs / 1000}s`]
  const limits = ['prlimit', `--fsize=${FILE_BYTES_MAX}`, '--core=0']
  const result = await execa('timeout', [...bounds, ...limits, 'git', ...SETTINGS, ...args], {
    reject: false,
    shell: false,
    stdin: 'ignore',
    extendEnv: false,
    env,
    cwd: '/',
    encoding: 'buffer',
    cancelSignal: signal,
    timeout: timeoutMs + 2 * KILL_SECONDS * 1000,
    killSignal: 'SIGTERM',
    maxBuffer: { stdout: outputBytesMax, stderr: STDERR_BYTES_MAX },
    stripFinalNewline: false,
  })
  const { stdout, exitCode } = result
  const stderr = new TextDecoder().decode(result.stderr)
  const cut = (why: string): GitAnswer => ({ code: null, stdout, stderr: why })
  if (result.isCanceled) return cut('the agent ends')
  if (result.timedOut || OVER_TIME.includes(exitCode ?? 0))
    return cut(`no end after ${timeoutMs / 1000} s`)
  if (result.isMaxBuffer) return cut('too much output')
  if (exitCode === undefined && result.signal === undefined)
    return { code: 127, stdout, stderr: result.shortMessage ?? 'cannot start' }
  return { code: exitCode ?? null, stdout, stderr }
}
