// What `hactl hub backup` does.
import { join, resolve } from 'node:path'
import { backupStore } from '../site/backup.ts'
import type { Io } from './io.ts'
import { jsonOut, plural } from './print.ts'

/** Tokens are not in it: they are made anew by a hub that finds none, or copied by whoever may read them. */
export async function backup(io: Io, file: string, state: string): Promise<void> {
  const to = resolve(io.cwd, file)
  const made = await backupStore(join(resolve(io.cwd, state), 'hub.db'), to)
  if (io.json) jsonOut(io, { ok: true, file: to, ...made })
  else
    io.out(
      `${to}: revision ${made.revision}, ${plural(made.events, 'event')}, ${made.bytes} bytes; to restore: stop the hub, put it in place of hub.db\n`,
    )
}
