// hactl confirm: keep what push --confirm sent, so that no node goes back from it.
import type { Command } from 'commander'
import { type HubFlags, integer, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type ConfirmFlags = HubFlags & { readonly here?: boolean; readonly state: string }

export function addConfirm(program: Command, io: Io): void {
  withHub(
    program
      .command('confirm')
      .description('keep what push --confirm sent')
      .argument('[revision]', 'default: the newest', integer(1, 1e12)),
  )
    .option('--here', "tell this node's agent, without the hub; its peers hear it from there")
    .option('--state <dir>', "the agent's state, for --here", '/var/lib/hactl')
    .action(async (revision: number | undefined, flags: ConfirmFlags) => {
      const { confirm } = await import('../confirm.ts')
      await confirm(io, revision, flags)
    })
}
