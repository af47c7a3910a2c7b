// Takes a lab down, also a half-built or damaged one, and proves that nothing of it is left.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './error.ts'
import { clearRoot } from './place.ts'
import { isAlive, isInit, kill, marked, type Proc, until } from './process.ts'
import { hasState, readState, type State } from './state.ts'

const GONE_TIMEOUT_MS = 10_000

function recorded(root: string): Proc[] {
  let state: State
  try {
    state = readState(root)
  } catch {
    return [] // Damaged or absent: the mark in the environment finds the processes anyway.
  }
  const { outer, switch: bridge, hub, relay, inits, agents, faults } = state
  const some = [outer, bridge, hub, relay?.proc, ...faults.map((fault) => fault.proc)]
  return [
    ...Object.values(inits),
    ...Object.values(agents),
    ...some.filter((proc) => proc !== undefined),
  ]
}

export type Left = { readonly processes: readonly number[]; readonly mounts: readonly string[] }
/** What of a lab this machine still has. Its links and addresses live only in namespaces, which end with their processes. */
export function leftOf(root: string): Left {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return {
    processes: marked(root).map(({ pid }) => pid),
    mounts: mounts.flatMap((line) => {
      const at = line.split(' ')[4] ?? ''
      return at === root || at.startsWith(`${root}/`) ? [at] : []
    }),
  }
}

/**
 * Idempotent. `keepLogs` leaves <root>/log for the reader of an error. Throws LabError with the list when something stays.
 */
export async function labDown({
  root,
  log,
  keepLogs = false,
}: {
  readonly root: string
  readonly log: (line: string) => void
  readonly keepLogs?: boolean
}): Promise<void> {
  const had = hasState(root) || marked(root).length > 0
  const rounds = () => {
    const all = [...recorded(root), ...marked(root)]
    // PID 1 of a namespace first: the kernel ends everything in it at once.
    for (const proc of all.filter(isInit)) kill(proc)
    for (const proc of all) kill(proc)
    return !all.some(isAlive)
  }
  const ended = await until(rounds, GONE_TIMEOUT_MS)
  const left = leftOf(root)
  if (!ended || left.processes.length > 0 || left.mounts.length > 0)
    throw new LabError(
      `cannot take the lab down: left are processes ${left.processes.join(' ') || '-'}, mounts ${left.mounts.join(' ') || '-'}`,
    )
  clearRoot(root, keepLogs)
  const files = keepLogs ? `its logs are kept in ${join(root, 'log')}` : 'no file of it is left'
  if (had) log(`the lab is down: no process, no mount, ${files}`)
}
