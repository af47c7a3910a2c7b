// One agent per state directory. An SQLite lock is a POSIX record lock of the kernel: it vanishes with
// the process, also on kill -9 and power loss, so there is no stale file to judge.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { HostError } from './host-error.ts'

export type Lock = { release(): Promise<void> }

// The holder's pid stands in a file of its own: closing any descriptor of the locked file would drop the lock (fcntl(2)).
const pidFile = (path: string): string => `${path}.pid`

function holder(path: string): string {
  try {
    const pid = readFileSync(pidFile(path), 'utf8').trim()
    return /^\d{1,10}$/.test(pid) ? `pid ${pid}` : 'an unknown process'
  } catch {
    return 'an unknown process'
  }
}

/** HostError naming the holder's pid when another process (or this one) has it already. */
export async function takeLock(path: string): Promise<Lock> {
  const doing = `take the lock ${path}`
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    const busy = error instanceof Error && /database is locked/.test(error.message)
    throw new HostError(doing, busy ? new Error(`${holder(path)} holds it`) : error)
  }
  const held = database
  writeFileSync(pidFile(path), `${process.pid}\n`)
  return {
    async release() {
      if (held.isOpen) held.close()
    },
  }
}
