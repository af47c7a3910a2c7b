// Child processes of the test run, each in a process group of its own, so that Ctrl-C leaves none behind.
import { spawn } from 'node:child_process'

export type Ended = { readonly ok: boolean; readonly late: boolean; readonly output: string }

const groups = new Set<number>()

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: the group has ended by itself meanwhile
  }
}

/** Ends every child of this run: asks first, so that tests clean up after themselves. */
export async function endAll(graceMs: number): Promise<void> {
  const until = performance.now() + graceMs
  for (const pid of groups) signalGroup(pid, 'SIGINT')
  while (groups.size > 0 && performance.now() < until) await new Promise((r) => setTimeout(r, 50))
  for (const pid of groups) signalGroup(pid, 'SIGKILL')
}

/**
 * Runs argv to its end or its time limit. `show` lets its output through as it comes.
 * What is left of its process group is ended with it.
 */
export function run(argv: readonly string[], timeoutMs: number, show: boolean): Promise<Ended> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const pid = child.pid ?? 0
  if (pid > 0) groups.add(pid)
  const chunks: string[] = []
  const take = (chunk: Buffer): void => {
    if (show) process.stdout.write(chunk)
    else chunks.push(chunk.toString())
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  let late = false
  const timer = setTimeout(() => {
    late = true
    signalGroup(pid, 'SIGINT')
    setTimeout(() => signalGroup(pid, 'SIGKILL'), 10_000).unref()
  }, timeoutMs)
  return new Promise((resolve) => {
    const end = (ok: boolean, why: string): void => {
      clearTimeout(timer)
      groups.delete(pid)
      if (pid > 0) signalGroup(pid, 'SIGKILL')
      resolve({ ok: ok && !late, late, output: chunks.join('') + why })
    }
    child.on('error', (error) => end(false, `${program}: ${error.message}\n`))
    // 'exit', not 'close': a daemon that a test left behind may hold the pipe open for ever.
    child.on('exit', (code) => setImmediate(() => end(code === 0, '')))
  })
}
