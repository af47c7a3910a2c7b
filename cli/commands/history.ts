// hactl history: the revisions the hub keeps, or the text of one.
import type { Command } from 'commander'
import { type HubFlags, integer, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type HistoryFlags = HubFlags & { readonly limit: number }

export function addHistory(program: Command, io: Io): void {
  withHub(
    program
      .command('history')
      .description('list the revisions, or print the text of one')
      .argument('[revision]', 'print the text of this one', integer(1, 1e12))
      .option('--limit <n>', 'newest first, so many', integer(1, 1_000), 20),
  ).action(async (revision: number | undefined, flags: HistoryFlags) => {
    const { history } = await import('../history.ts')
    await history(io, revision, flags)
  })
}
