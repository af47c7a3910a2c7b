// Runs a command: argv and never a shell, bounded in time and output, with an environment of our choice.
import { execa } from 'execa'
import { COMMAND_OUTPUT_BYTES_MAX } from '../../spec/limits.ts'
import type { Exec } from '../world.ts'

/** No variable of ours reaches a command: tokens may stand in the agent's environment. */
export const COMMAND_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C',
  LC_ALL: 'C',
  // apt and dpkg ask questions otherwise, and nobody is there to answer.
  DEBIAN_FRONTEND: 'noninteractive',
}

/** Never throws: code 127 when it cannot be started, null with a signal when it was killed or ran out of time. */
export async function runCommand(argv: readonly string[], timeoutMs: number): Promise<Exec> {
  const [file, ...rest] = argv
  if (file === undefined) return { code: 127, signal: null, stdout: '', stderr: 'empty command' }
  const result = await execa(file, rest, {
    reject: false,
    shell: false,
    stdin: 'ignore',
    extendEnv: false,
    env: COMMAND_ENVIRONMENT,
    cwd: '/',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: COMMAND_OUTPUT_BYTES_MAX,
    stripFinalNewline: false,
  })
  const { stdout, stderr } = result
  if (result.timedOut) {
    return { code: null, signal: 'SIGKILL', stdout, stderr: `${stderr}timed out (${timeoutMs} ms)` }
  }
  // maxBuffer kills the command: its exit says nothing about what it was asked.
  if (result.isMaxBuffer) {
    return { code: null, signal: 'SIGKILL', stdout, stderr: `${stderr}too much output` }
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    return { code: 127, signal: null, stdout, stderr: result.shortMessage ?? 'cannot start' }
  }
  return { code: result.exitCode ?? null, signal: result.signal ?? null, stdout, stderr }
}
