// hactl resume: end a pause; the node takes what waited at once.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { ends } from '../order-flags.ts'

export function addResume(program: Command, io: Io): void {
  const resume = program
    .command('resume')
    .description('end a pause: the node takes what waited')
    .argument('[node]', 'or --all')
    .option('--all', 'every node of the spec')
  ends(resume, io, 'pause')
}
