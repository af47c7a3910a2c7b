// hactl validate: is this a spec that could be pushed?
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addValidate(program: Command, io: Io): void {
  program
    .command('validate')
    .description('say whether a spec is valid')
    .argument('<file>', 'spec, - for standard input')
    .action(async (file: string) => {
      const { validate } = await import('../check.ts')
      await validate(io, file)
    })
}
