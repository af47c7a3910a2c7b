// What the single file is made of, as one hash: the same inputs need no second build.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['agent', 'cli', 'site', 'spec']
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json']

/** Paths relative to the root, sorted, so that the hash does not depend on the order of a directory. */
export function inputPaths(root: string): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  )
  return [...inFolders, ...FILES].sort()
}

/** sha256 over names and contents, 64 hex digits; `extra` is what else decides the result (tool versions). */
export function inputHash(root: string, extra: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of extra) hash.update(`${text.length}:${text}`)
  for (const path of inputPaths(root)) {
    const body = readFileSync(join(root, path))
    hash.update(`${path}\0${body.length}\0`).update(body)
  }
  return hash.digest('hex')
}
