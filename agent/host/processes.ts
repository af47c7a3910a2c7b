// What /proc says about processes; every read may race with an exit, which is an answer too.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type ProcessStat, parseStat } from './facts/proc-stat.ts'

const slurp = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** undefined when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = slurp(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseStat(text)
}

/** Start time in clock ticks since boot: with the boot id it makes a pid unique. 0 when it does not run. */
export function startTimeOf(pid: number): number {
  const stat = processStat(pid)
  // Z is a death that nobody has collected yet, X one that is being collected.
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? 0 : stat.startTime
}

/** Whether a process group has a member that runs; zombies count as members for kill(2) and not for us. */
export const groupRuns = (group: number): boolean =>
  allPids().some((pid) => {
    const stat = processStat(pid)
    return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X'
  })

export const bootId = (): string => (slurp('/proc/sys/kernel/random/boot_id') ?? '').trim()

export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

export const argvOf = (pid: number): readonly string[] => {
  const text = slurp(`/proc/${pid}/cmdline`) ?? ''
  return text === '' ? [] : text.replace(/\0+$/, '').split('\0')
}

export const commandName = (pid: number): string => (slurp(`/proc/${pid}/comm`) ?? '?').trim()

/** Whether pid is one of `roots` or descends from one: haproxy's worker belongs to its master. */
export function descendsFrom(pid: number, roots: ReadonlySet<number>): boolean {
  let at = pid
  for (let depth = 0; depth < 32 && at > 1; depth++) {
    if (roots.has(at)) return true
    at = processStat(at)?.parent ?? 0
  }
  return roots.has(at)
}

/** Processes that have any of these sockets open. */
export function holdersOf(inodes: ReadonlySet<string>): readonly number[] {
  return allPids().filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => holds(pid, fd, inodes))
    } catch {
      return false // it ended, or it is not ours to look at
    }
  })
}

function holds(pid: number, fd: string, inodes: ReadonlySet<string>): boolean {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
    return inode !== undefined && inodes.has(inode)
  } catch {
    return false
  }
}

/**
 * A running daemon with this command line, when our note about it is lost. haproxy's master puts
 * `-sf <pids>` and `-x <socket>` into its own argv when it reloads, and nginx joins its argv behind
 * a title; workers share the argv, so the topmost match counts.
 */
export function findByArgv(argv: readonly string[]): number | undefined {
  const matches = new Set(
    allPids().filter((pid) => startTimeOf(pid) !== 0 && sameCommand(argvOf(pid), argv)),
  )
  for (const pid of matches) {
    const parent = processStat(pid)?.parent ?? 0
    if (!matches.has(parent)) return pid
  }
  return undefined
}

/** Pure; exported for its test. */
export function sameCommand(running: readonly string[], wanted: readonly string[]): boolean {
  if (running.length === 0 || wanted.length === 0) return false
  if (running[0] === `nginx: master process ${wanted.join(' ')}`) return true
  const plain = withoutReload(running)
  return plain.length === wanted.length && plain.every((word, i) => word === wanted[i])
}

function withoutReload(argv: readonly string[]): readonly string[] {
  const plain: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]
    if (word === undefined) break
    if (word === '-sf' || word === '-st') {
      while (/^\d+$/.test(argv[i + 1] ?? '')) i++
    } else if (word === '-x') i++
    else plain.push(word)
  }
  return plain
}
