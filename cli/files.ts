// Files that the user names on the command line.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EXIT, Exit, errnoOf, messageOf } from './exit.ts'
import type { Io } from './io.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
}
const reason = (error: unknown): string => REASONS[errnoOf(error)] ?? messageOf(error)

/** The text of a file, of standard input for '-'. Throws Exit(usage) with the reason. */
export async function readText(io: Io, file: string): Promise<string> {
  if (file === '-') return io.stdin()
  try {
    return await readFile(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new Exit(EXIT.usage, `cannot read ${file}: ${reason(error)}`, '', error)
  }
}

/** As `readText`, undefined where there is no such file. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw new Exit(EXIT.usage, `cannot read ${path}: ${reason(error)}`, '', error)
  }
}

/** Writes a file and the directories above it. */
export async function writeText(io: Io, file: string, text: string, mode = 0o644): Promise<void> {
  const path = resolve(io.cwd, file)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { mode })
  } catch (error) {
    throw new Exit(EXIT.usage, `cannot write ${file}: ${reason(error)}`, '', error)
  }
}

const TREE_DEPTH_MAX = 6
const TREE_FILES_MAX = 2_000
const TREE_FILE_BYTES_MAX = 1024 * 1024

/** Text files below a directory by their paths in it, links followed; undefined where it is none. */
export async function readTree(
  io: Io,
  directory: string,
): Promise<readonly { readonly path: string; readonly text: string }[] | undefined> {
  const root = resolve(io.cwd, directory)
  const isDirectory = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (directory === '-' || !isDirectory) return undefined
  const found: { path: string; text: string }[] = []
  const walk = async (below: string, depth: number): Promise<void> => {
    for (const name of (await readdir(join(root, below))).sort()) {
      const path = join(below, name)
      // A link that leads nowhere is no file.
      const what = await stat(join(root, path)).catch(() => undefined)
      if (what?.isDirectory() && depth < TREE_DEPTH_MAX) await walk(path, depth + 1)
      if (!what?.isFile() || what.size > TREE_FILE_BYTES_MAX || name.startsWith('.')) continue
      if (found.length >= TREE_FILES_MAX)
        throw new Exit(EXIT.usage, `cannot read ${directory}: over ${TREE_FILES_MAX} files`, '')
      const text = await readText(io, join(root, path))
      if (!text.includes('\0')) found.push({ path, text })
    }
  }
  await walk('', 0)
  return found
}
