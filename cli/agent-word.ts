// A word to the agent of this machine: a file in its state, for root alone, that is there whole or not at all.
import { rename, writeFile } from 'node:fs/promises'

/** The agent looks for it with each pass. @throws the error of the file system, for each verb says in its own words what failed. */
export async function leaveWord(path: string, word: string): Promise<void> {
  await writeFile(`${path}.new`, `${word}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
