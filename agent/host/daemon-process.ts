// One process of the built-in supervisor: start it so that it outlives us, signal it, end it with its group.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, statSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { COMMAND_ENVIRONMENT } from './exec.ts'
import { codeOf, HostError } from './host-error.ts'
import { LOG_BYTES_MAX } from './limits.ts'
import { groupRuns, processStat, startTimeOf } from './processes.ts'

/** A pid together with its start time: what it names never changes. */
export type Running = { readonly pid: number; readonly startTime: number }

export const alive = (at: Running): boolean =>
  at.startTime > 0 && startTimeOf(at.pid) === at.startTime

/** Files opened for appending may be cut while the daemon writes: it goes on at the new end. */
export function boundLog(path: string): void {
  try {
    if (statSync(path).size > LOG_BYTES_MAX) truncateSync(path, 0)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/**
 * Starts argv in a session of its own, so that no signal of our terminal, group or death reaches it;
 * output goes to the end of logPath. HostError when it cannot be executed.
 */
export async function launch(
  argv: readonly string[],
  logPath: string,
): Promise<{ child: ChildProcess; running: Running }> {
  const [file = '', ...rest] = argv
  mkdirSync(logPath.slice(0, logPath.lastIndexOf('/')), { recursive: true })
  boundLog(logPath)
  const log = openSync(logPath, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640)
  try {
    const child = spawn(file, rest, {
      detached: true,
      stdio: ['ignore', log, log],
      env: COMMAND_ENVIRONMENT,
      cwd: '/',
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    const pid = child.pid ?? 0
    // A zombie still has its start time, so this also holds for one that died at once.
    return { child, running: { pid, startTime: processStat(pid)?.startTime ?? 0 } }
  } catch (error) {
    throw new HostError(`start ${file}`, error)
  } finally {
    closeSync(log)
  }
}

/** false when it is not there any more. Checked against the start time first: a recycled pid gets nothing. */
export function signal(at: Running, name: NodeJS.Signals): boolean {
  if (!alive(at)) return false
  return send(at.pid, name)
}

/** false when there is no such process or group. */
export function send(target: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, name)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
    throw new HostError(`signal process ${target}`, error)
  }
}

const STEP_MS = 10

/** true when `gone` holds within the time. */
async function waitUntil(gone: () => boolean, timeoutMs: number): Promise<boolean> {
  for (let left = timeoutMs; !gone(); left -= STEP_MS) {
    if (left <= 0) return false
    await sleep(STEP_MS)
  }
  return true
}

/**
 * What a dead leader left in its process group: nginx's workers outlive a killed master and would hold
 * its ports. SIGTERM, then SIGKILL after timeoutMs. Only for groups we made (group id = leader's pid):
 * as long as a member lives the kernel gives that number to no other process.
 */
export async function clearGroup(group: number, timeoutMs: number): Promise<void> {
  const empty = (): boolean => !send(-group, 0) || !groupRuns(group)
  if (empty()) return
  send(-group, 'SIGTERM')
  if (await waitUntil(empty, timeoutMs)) return
  send(-group, 'SIGKILL')
  await waitUntil(empty, timeoutMs)
}

/** SIGTERM, wait, SIGKILL to the whole group. HostError when it is still there after all. */
export async function terminate(at: Running, timeoutMs: number): Promise<void> {
  const group = processStat(at.pid)?.group
  if (!signal(at, 'SIGTERM')) return
  const ended = await waitUntil(() => !alive(at), timeoutMs)
  // A daemon we only found may share a group with whoever started it: then it dies alone.
  if (!ended) send(group === at.pid ? -at.pid : at.pid, 'SIGKILL')
  if (!ended && !(await waitUntil(() => !alive(at), 1_000))) {
    throw new HostError(`stop process ${at.pid}`, new Error('it survived SIGKILL'))
  }
}
