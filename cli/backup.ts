// What `hactl hub backup` and `hactl hub restore` do.
import { resolve } from 'node:path'
import { backupHub, nextRevision, restoreHub } from '../site/backup.ts'
import type { Io } from './io.ts'
import { jsonOut, plural } from './print.ts'

export async function backup(io: Io, file: string, state: string): Promise<void> {
  const to = resolve(io.cwd, file)
  const made = await backupHub(resolve(io.cwd, state), to)
  if (io.json) return jsonOut(io, { ok: true, file: to, ...made })
  io.out(
    `${to}: revision ${made.revision}, ${plural(made.events, 'event')}, ${made.bytes} bytes, with ${made.files.join(', ')}\n`,
  )
  io.out(
    'It holds tokens and keys: keep it as you keep those. hactl hub restore makes a hub of it.\n',
  )
}

export async function restore(io: Io, file: string, state: string): Promise<void> {
  const to = resolve(io.cwd, state)
  const found = await restoreHub(resolve(io.cwd, file), to)
  const next = nextRevision(found)
  if (io.json) return jsonOut(io, { ok: true, state: to, next, ...found })
  io.out(`${to}: revision ${found.revision}, ${plural(found.events, 'event')}\n`)
  io.out(
    found.files.length === 0
      ? 'Tokens are not in this backup: the hub makes new ones at its start.\n'
      : `Restored ${found.files.join(', ')}.\n`,
  )
  io.out(`The next push is revision ${next}: newer than all that nodes may have seen since.\n`)
}
