// hactl lint: everything there is to say about a spec, warnings too.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addLint(program: Command, io: Io): void {
  program
    .command('lint')
    .description('say all that is wrong or unwise in a spec')
    .argument('<file>', 'spec, - for standard input')
    .option('--strict', 'exit 1 for warnings too')
    .action(async (file: string, flags: { strict?: boolean }) => {
      const { lint } = await import('../check.ts')
      await lint(io, file, flags.strict === true)
    })
}
