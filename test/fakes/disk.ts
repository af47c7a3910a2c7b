// A disk in memory with what power loss does to it: only synced entries survive, and nothing of /run and /tmp.
import type { FileState } from '../../agent/world.ts'

export type FakeDisk = {
  read(path: string): FileState | undefined
  /** Atomic and durable, with everything that happened in the same directory before. */
  write(path: string, body: string, mode: number, gid?: number): void
  /** Atomic and durable; throws when there is nothing to rename. */
  rename(from: string, to: string): void
  /** Not durable until something in the same directory is synced: a power cut may bring the file back. */
  remove(path: string): void
  list(directory: string): readonly string[]
  paths(): readonly string[]
  powerLoss(): void
}

const VOLATILE = ['/run/', '/tmp/']
const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

export function fakeDisk(): FakeDisk {
  const seen = new Map<string, FileState>()
  const synced = new Map<string, FileState>()
  const write = (path: string, body: string, mode: number, gid?: number): void => {
    const file = { body, mode, ...(gid === undefined ? {} : { gid }) }
    seen.set(path, file)
    const directory = directoryOf(path)
    for (const old of synced.keys()) {
      if (directoryOf(old) === directory && !seen.has(old)) synced.delete(old)
    }
    synced.set(path, file)
  }
  return {
    read: (path) => seen.get(path),
    write,
    rename: (from, to) => {
      const file = seen.get(from)
      if (file === undefined) throw new Error(`cannot rename ${from}: it is not there`)
      seen.delete(from)
      write(to, file.body, file.mode, file.gid)
    },
    remove: (path) => void seen.delete(path),
    list: (directory) => {
      const prefix = directory.endsWith('/') ? directory : `${directory}/`
      const below = [...seen.keys()].filter((path) => path.startsWith(prefix))
      return [...new Set(below.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))].sort()
    },
    paths: () => [...seen.keys()].sort(),
    powerLoss: () => {
      seen.clear()
      for (const [path, file] of synced) {
        if (VOLATILE.some((prefix) => path.startsWith(prefix))) synced.delete(path)
        else seen.set(path, file)
      }
    },
  }
}
