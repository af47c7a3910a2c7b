// hactl verify: whether one of the keys signed a spec, as agents judge it.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import type { VerifyFlags } from '../sign.ts'

export function addVerify(program: Command, io: Io): void {
  program
    .command('verify')
    .description('say whether one of the keys signed a spec')
    .argument('<file>', 'spec')
    .requiredOption('--key <file...>', 'public keys of who may sign')
    .option('--signature <file>', 'signature (else <file>.sig)')
    .action(async (file: string, flags: VerifyFlags) => {
      const { verify } = await import('../sign.ts')
      await verify(io, file, flags)
    })
}
