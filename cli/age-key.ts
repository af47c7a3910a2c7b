// What `hactl key age` does: the key of this machine that secrets are encrypted for.
import { resolve } from 'node:path'
import { openIdentity, rotateIdentity } from '../agent/host/age.ts'
import { agePath } from '../agent/secrets.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut } from './print.ts'

/** Of the agent, where agent.json names no other. */
export const STATE_PATH = '/var/lib/hactl'

export async function ageKey(
  io: Io,
  { state, rotate = false }: { readonly state: string; readonly rotate?: boolean },
): Promise<void> {
  const path = agePath(resolve(io.cwd, state))
  try {
    const { recipient } = await (rotate ? rotateIdentity(path) : openIdentity(path))
    if (io.json) jsonOut(io, { ok: true, recipient, rotated: rotate })
    else io.out(`${recipient}\n`)
    if (rotate && !io.json)
      io.err(
        'secrets that exist stay readable here: hactl secret reencrypt --replace-keys moves them\n',
      )
  } catch (error) {
    throw new Exit(EXIT.usage, messageOf(error), 'it is for root on the machine itself', error)
  }
}
