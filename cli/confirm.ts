// What `hactl confirm` does: through the hub, or on a node when that is gone.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CONFIRM_FILE } from '../agent/confirm.ts'
import { leaveWord } from './agent-word.ts'
import { hubClient } from './client.ts'
import type { ConfirmFlags } from './commands/confirm.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut } from './print.ts'
import { hubTarget } from './target.ts'

export async function confirm(
  io: Io,
  revision: number | undefined,
  flags: ConfirmFlags,
): Promise<void> {
  const done =
    flags.here === true ? await here(flags.state, revision) : await byHub(io, revision, flags)
  if (io.json) jsonOut(io, { ok: true, revision: done })
  else io.out(`Revision ${done} is confirmed: no node goes back from it.\n`)
}

async function byHub(io: Io, wanted: number | undefined, flags: ConfirmFlags): Promise<number> {
  const client = hubClient(await hubTarget(io, flags))
  const newest = wanted ?? (await client.spec())?.revision
  if (newest === undefined)
    throw new Exit(EXIT.no, 'cannot confirm: nothing was pushed yet', 'hactl push sends a spec')
  await client.confirm(newest)
  return newest
}

const Waiting = Type.Object({ confirm: Type.Object({ revision: Type.Integer() }) })

/** The agent looks for the file with each pass while it waits. */
async function here(state: string, wanted: number | undefined): Promise<number> {
  const { revision } = (await waiting(state)).confirm
  if (wanted !== undefined && wanted !== revision)
    throw new Exit(
      EXIT.refused,
      `cannot confirm revision ${wanted}: this node waits for revision ${revision}`,
    )
  const path = join(state, CONFIRM_FILE)
  await leaveWord(path, String(revision))
  return revision
}

async function waiting(state: string): Promise<Static<typeof Waiting>> {
  const path = join(state, 'meta.json')
  let meta: unknown
  try {
    meta = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Exit(
      EXIT.no,
      `cannot read what the agent here waits for: ${messageOf(error)}`,
      'as root, on a node; --state says where the agent keeps its state',
      error,
    )
  }
  if (Value.Check(Waiting, meta)) return meta
  throw new Exit(
    EXIT.refused,
    'cannot confirm: this node waits for no confirmation',
    'hactl status',
  )
}
