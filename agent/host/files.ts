// Files as the host gives them: bounded reads, and writes that are either whole and durable or not there.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileState } from '../world.ts'
import { codeOf, HostError } from './host-error.ts'
import { FILE_BYTES_MAX, LIST_ENTRIES_MAX } from './limits.ts'

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR']
const absent = (error: unknown): boolean => ABSENT.includes(codeOf(error))

/** undefined when absent; at most FILE_BYTES_MAX, HostError beyond and on anything that is not a regular file. */
export async function readFileState(path: string): Promise<FileState | undefined> {
  try {
    // O_NONBLOCK: a named pipe in place of a file must not hang the pass.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (!stat.isFile()) throw new Error('it is not a regular file')
      if (stat.size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`)
      const body = await readBounded(file)
      return { body, mode: stat.mode & 0o7777, ...(stat.gid === 0 ? {} : { gid: stat.gid }) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (absent(error)) return undefined
    throw new HostError(`read ${path}`, error)
  }
}

type Readable = {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ bytesRead: number }>
}

/** Files in /proc say size 0 and a growing file lies about it, so the bound is on what is read. */
async function readBounded(file: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let total = 0
  while (total <= FILE_BYTES_MAX) {
    const chunk = Buffer.alloc(64 * 1024)
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null)
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8')
    chunks.push(chunk.subarray(0, bytesRead))
    total += bytesRead
  }
  throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`)
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Makes the directory and syncs each parent that got a new entry: a power cut must not lose the path. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let at = path; ; at = dirname(at)) {
    await syncDirectory(dirname(at))
    if (at === first || dirname(at) === at) return
  }
}

/**
 * Atomic and durable: after it returns the new text survives a power cut, before that the old one
 * is untouched. On failure (no space) the old file stays and no temporary file is left.
 */
export async function writeFileAtomic(
  path: string,
  body: string,
  mode: number,
  gid?: number,
): Promise<void> {
  const directory = dirname(path)
  const temporary = `${path}.hactl-${randomBytes(6).toString('hex')}`
  try {
    await makeDirectory(directory)
    const file = await open(temporary, 'wx', 0o600)
    try {
      // Before the mode: until then nobody else may read it, whoever's group that is.
      if (gid !== undefined) await file.chown((await file.stat()).uid, gid)
      await file.chmod(mode) // fchmod: the mode given to open is cut by the umask
      await file.writeFile(body, 'utf8')
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(directory)
  } catch (error) {
    await unlink(temporary).catch(() => undefined) // the first failure is the one worth telling
    throw new HostError(`write ${path}`, error)
  }
}

/** Atomic and durable, within one directory: the entry changes, no new space is asked of the disk. */
export async function renameFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
    await syncDirectory(dirname(to))
  } catch (error) {
    throw new HostError(`rename ${from} to ${to}`, error)
  }
}

/** Durable; no error when already absent. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
    await syncDirectory(dirname(path))
  } catch (error) {
    if (!absent(error)) throw new HostError(`remove ${path}`, error)
  }
}

/** Names in a directory, sorted; empty when it does not exist. */
export async function listDirectory(path: string): Promise<readonly string[]> {
  try {
    const names = await readdir(path)
    if (names.length > LIST_ENTRIES_MAX) throw new Error(`more than ${LIST_ENTRIES_MAX} entries`)
    return names.sort()
  } catch (error) {
    if (absent(error)) return []
    throw new HostError(`list ${path}`, error)
  }
}
