// hactl notify test: is the notify section of a spec right, before it is needed at night?
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addNotify(program: Command, io: Io): void {
  program
    .command('notify')
    .description('mail and webhooks of a spec')
    .command('test')
    .description('send one test message on every way, from this machine')
    .argument('<file>', 'spec, - for standard input')
    .option('--only <way>', 'mail, or the name of a webhook')
    .action(async (file: string, flags: { only?: string }) => {
      const { notifyTest } = await import('../notify.ts')
      await notifyTest(io, file, flags.only)
    })
}
