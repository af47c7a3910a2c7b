// pause, resume, drain and undrain with --here: a word to the agent of this machine, for when the hub is gone.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HereWord } from '../agent/order-book.ts'
import { HERE_FILE } from '../agent/orders.ts'
import { ORDER_REASON_MAX } from '../spec/limits.ts'
import type { OrderKind } from '../spec/order.ts'
import { leaveWord } from './agent-word.ts'
import { EXIT, Exit, errnoOf, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import type { OrderFlags } from './order-flags.ts'
import { jsonOut } from './print.ts'

const POLL_MS = 100

/** The agent takes the file with its next pass; whether that came is told, for it may not run. */
export async function here(
  io: Io,
  what: HereWord['do'],
  kind: OrderKind,
  about: string | undefined,
  { state, wait, reason = '', for: leftMs, force }: OrderFlags,
): Promise<void> {
  const path = join(state, HERE_FILE)
  const word: HereWord = {
    ...{ do: what, kind, by: io.user.slice(0, 100) },
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
    reason: reason.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, ORDER_REASON_MAX),
    ...(about === undefined ? {} : { about }),
    ...(leftMs === undefined ? {} : { leftMs }),
    ...(force === undefined ? {} : { force }),
  }
  try {
    await readFile(join(state, 'meta.json'))
    await leaveWord(path, JSON.stringify(word))
  } catch (error) {
    throw new Exit(
      EXIT.no,
      `cannot tell the agent here: ${messageOf(error)}`,
      'as root, on a node; --state says where the agent keeps its state',
      error,
    )
  }
  if (!(await taken(io, path, wait)))
    throw new Exit(
      EXIT.no,
      'cannot say that it is done: the agent has not taken it yet',
      'it does when it runs: systemctl status hactl-agent',
    )
  if (io.json) jsonOut(io, { ok: true })
  else io.out('The agent of this node has taken it; its log and hactl status tell more.\n')
}

async function taken(io: Io, path: string, waitMs: number): Promise<boolean> {
  const endMs = io.clock.monotonic() + waitMs
  while (io.clock.monotonic() < endMs && !io.signal.aborted) {
    const gone = await readFile(path).then(
      () => false,
      (error: unknown) => errnoOf(error) === 'ENOENT',
    )
    if (gone) return true
    await io.clock.sleep(POLL_MS, io.signal).catch(() => undefined)
  }
  return false
}
