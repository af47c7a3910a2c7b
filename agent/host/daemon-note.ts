// What the built-in supervisor notes about a daemon on disk, so that a new agent adopts the running one.
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readFileState, removeFile, writeFileAtomic } from './files.ts'

const Note = Type.Object({
  pid: Type.Integer({ minimum: 2 }),
  /** Clock ticks after boot; with `boot` it makes the pid unique: a recycled pid is never adopted. */
  startTime: Type.Integer({ minimum: 1 }),
  boot: Type.String(),
  restarts: Type.Integer({ minimum: 0 }),
})
export type Note = Static<typeof Note>

const notePath = (directory: string, name: string): string => `${directory}/${name}.json`

/** undefined when there is none, or when it is not one of ours: then the process is looked for by its argv. */
export async function readNote(directory: string, name: string): Promise<Note | undefined> {
  const file = await readFileState(notePath(directory, name))
  if (file === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(file.body)
    return Value.Check(Note, parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export const writeNote = (directory: string, name: string, note: Note): Promise<void> =>
  writeFileAtomic(notePath(directory, name), `${JSON.stringify(note)}\n`, 0o644)

export const removeNote = (directory: string, name: string): Promise<void> =>
  removeFile(notePath(directory, name))
