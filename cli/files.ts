// Files that the user names on the command line.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
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
