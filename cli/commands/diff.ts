// hactl diff: what two revisions differ in, or a revision and what a node runs.
import type { Command } from 'commander'
import { type HubFlags, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type DiffFlags = HubFlags & { readonly files?: boolean }

export function addDiff(program: Command, io: Io): void {
  withHub(
    program
      .command('diff')
      .description('show what differs between two specs')
      .argument('<from>', 'a revision, a file, or a node: what it runs')
      .argument('[to]', 'the same, default: the newest revision'),
  )
    .option('--files', 'also the files of each node, with what traffic feels')
    .action(async (from: string, to: string | undefined, flags: DiffFlags) => {
      const { diff } = await import('../diff.ts')
      await diff(io, from, to, flags)
    })
}
