// hactl completion: a script that teaches a shell this command line.
import { Argument, type Command } from 'commander'
import type { Io } from '../io.ts'
import { jsonOut } from '../print.ts'

export function addCompletion(program: Command, io: Io): void {
  program
    // Used once per machine, mostly by packages: not worth a line of the help everyone reads.
    .command('completion', { hidden: true })
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string) => {
      const { COMPLETIONS } = await import('../completion/index.ts')
      const { treeOf } = await import('../completion/tree.ts')
      const text = COMPLETIONS[shell]?.(treeOf(program)) ?? ''
      if (io.json) jsonOut(io, { ok: true, shell, script: text })
      else io.out(text)
    })
}
