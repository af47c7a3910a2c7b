// hactl rollback: the text of an older revision, pushed as a new one.
import type { Command } from 'commander'
import { type HubFlags, integer } from '../flags.ts'
import type { Io } from '../io.ts'
import type { SendFlags } from '../send.ts'
import { withSend } from './push.ts'

export function addRollback(program: Command, io: Io): void {
  withSend(
    program
      .command('rollback')
      .description('push an older revision as a new one')
      .argument('[revision]', 'default: the one before the newest', integer(1, 1e12)),
  ).action(async (revision: number | undefined, flags: HubFlags & SendFlags) => {
    const { rollback } = await import('../rollback.ts')
    await rollback(io, revision, flags)
  })
}
