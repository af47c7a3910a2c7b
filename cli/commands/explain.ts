// hactl explain: what a code of a finding, a refusal or an exit means.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addExplain(program: Command, io: Io): void {
  program
    .command('explain')
    .description('say what a code means: HA012, GUARD_EMPTY, exit 4')
    .argument('[code...]', 'a code, default: all of them')
    .action(async (words: readonly string[]) => {
      const { explain } = await import('../explain.ts')
      explain(io, words)
    })
}
