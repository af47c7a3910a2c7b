// hactl status: who holds each vip, what each node runs, and how old that knowledge is.
import type { Command } from 'commander'
import { type HubFlags, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export function addStatus(program: Command, io: Io): void {
  withHub(
    program
      .command('status')
      .description('show who holds each vip, what each node runs')
      .option('--watch', 'again every second, until Ctrl-C'),
  ).action(async (flags: HubFlags & { watch?: boolean }) => {
    const { status } = await import('../status.ts')
    await status(io, flags, flags.watch === true)
  })
}
