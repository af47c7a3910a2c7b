// Processes of the lab on this machine: found by a mark in their environment, never by a name, and told
// apart from a later process with the same number by their start time.
import { spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from './error.ts'

/** Every process of a lab has this in its environment, with the lab's root directory as value. */
export const MARK = 'HACTL_LAB'
const OUTPUT_CHARS_MAX = 4 * 1024 * 1024
export const RUN_TIMEOUT_MS = 20_000
const READY_TIMEOUT_MS = 10_000

/** A process and its start in clock ticks after boot (proc(5), stat field 22). */
export type Proc = { readonly pid: number; readonly start: string }
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

function statOf(pid: number): { ppid: number; start: string; zombie: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold blanks and parentheses itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { zombie: fields[0] === 'Z', ppid: Number(fields[1]), start: fields[19] ?? '' }
  } catch {
    return
  }
}

export const procOf = (pid: number): Proc => ({ pid, start: statOf(pid)?.start ?? '' })
export const isAlive = ({ pid, start }: Proc): boolean => {
  const stat = statOf(pid)
  return stat !== undefined && start !== '' && stat.start === start && !stat.zombie
}

/** Does nothing when that very process is gone. */
export function kill(proc: Proc, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!isAlive(proc)) return
  try {
    process.kill(proc.pid, signal)
  } catch {
    // It ended between the look and the signal.
  }
}

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((n) => /^[0-9]+$/.test(n))
    .map(Number)
export const childrenOf = (pid: number): Proc[] =>
  allPids()
    .filter((child) => statOf(child)?.ppid === pid)
    .map(procOf)

/** All living processes that carry the mark of this root, without the caller and its ancestors. */
export function marked(root: string): Proc[] {
  const mine = new Set<number>()
  for (let pid = process.pid; pid > 0 && !mine.has(pid); pid = statOf(pid)?.ppid ?? 0) mine.add(pid)
  return allPids()
    .filter((pid) => !mine.has(pid) && isMarked(pid, root))
    .map(procOf)
    .filter(isAlive)
}
function isMarked(pid: number, root: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARK}=${root}`)
  } catch {
    return false
  }
}
/** True for PID 1 of a namespace of its own. */
export function isInit({ pid }: Proc): boolean {
  try {
    const last = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return (
      last?.[1] === '1' && readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid')
    )
  } catch {
    return false
  }
}

/** People without root do not have the administrator's directories in their PATH on Debian. */
const PATH_EXTRA = ['/usr/local/sbin', '/usr/sbin', '/sbin']
export const pathDirs = (): string[] => [...(process.env['PATH'] ?? '').split(':'), ...PATH_EXTRA]
const environment = (root: string) => ({
  ...process.env,
  PATH: pathDirs().join(':'),
  LC_ALL: 'C',
  [MARK]: root,
})

export type RunOptions = { readonly input?: string; readonly timeoutMs?: number }
/** argv, never a shell; bounded in time and output; never throws for an exit code. */
export function run(root: string, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [file = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: environment(root),
      timeout: options.timeoutMs ?? RUN_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout.length < OUTPUT_CHARS_MAX) stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < OUTPUT_CHARS_MAX) stderr += chunk.toString()
    })
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 137, stdout, stderr }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

/** As run, and throws LabError with the program's own words when it fails. */
export async function must(
  root: string,
  doing: string,
  argv: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(root, argv, options)
  if (code === 0) return stdout
  const words = (stderr.trim() || stdout.trim()).split('\n').slice(-4).join('; ')
  throw new LabError(`cannot ${doing}: ${words || `${argv[0]} ended with ${code}`}`)
}

/** Runs with the terminal of the caller, without its keyboard when `deaf`; the exit code. */
export function attach(root: string, argv: readonly string[], deaf = false): Promise<number> {
  const [file = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: environment(root),
      stdio: [deaf ? 'ignore' : 'inherit', 'inherit', 'inherit'],
    })
    child.on('error', () => resolve(127))
    child.on('close', (code) => resolve(code ?? 137))
  })
}

/** Starts a program that outlives us; its output is appended to the log file. */
export function detach(root: string, argv: readonly string[], logPath: string): Proc {
  const [file = '', ...args] = argv
  const log = openSync(logPath, 'a')
  const child = spawn(file, args, {
    env: environment(root),
    stdio: ['ignore', log, log],
    detached: true,
    cwd: '/',
  })
  child.on('error', () => undefined)
  child.unref()
  if (child.pid === undefined) throw new LabError(`cannot start ${file}`, `see ${logPath}`)
  return procOf(child.pid)
}

/** As detach, and waits until it prints the line `ready`. */
export function detachReady(root: string, argv: readonly string[], logPath: string): Promise<Proc> {
  const [file = '', ...args] = argv
  const log = openSync(logPath, 'a')
  const child = spawn(file, args, {
    env: environment(root),
    stdio: ['ignore', 'pipe', log],
    detached: true,
    cwd: '/',
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer)
      if (child.pid !== undefined) kill(procOf(child.pid))
      reject(
        new LabError(`cannot start ${file} for the lab: ${why}${tail(logPath)}`, `see ${logPath}`),
      )
    }
    const timer = setTimeout(() => fail('it was not ready in time'), READY_TIMEOUT_MS)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`it ended with ${code}`))
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('ready') || child.pid === undefined) return
      clearTimeout(timer)
      child.removeAllListeners('exit')
      child.stdout?.destroy()
      child.unref()
      resolve(procOf(child.pid))
    })
  })
}
const tail = (path: string): string => {
  const text = readFileSync(path, 'utf8').trim().split('\n').slice(-3).join('; ')
  return text === '' ? '' : ` (${text})`
}

/** Looks every `everyMs` until it is so or the time is over. */
export async function until(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
  signal?: AbortSignal,
  everyMs = 50,
): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (!(await check())) {
    signal?.throwIfAborted()
    if (performance.now() > end) return false
    await sleep(everyMs)
  }
  return true
}
