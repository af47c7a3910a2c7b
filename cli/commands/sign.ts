// hactl sign: a signature beside the spec, as ssh-keygen -Y sign -n hactl-spec makes it.
import type { Command } from 'commander'
import { SERIAL_MAX } from '../../spec/limits.ts'
import { integer } from '../flags.ts'
import type { Io } from '../io.ts'
import type { SignFlags } from '../sign.ts'

export function addSign(program: Command, io: Io): void {
  program
    .command('sign')
    .description('raise the serial of a spec and write <file>.sig')
    .argument('<file>', 'spec')
    .option('--key <file>', 'OpenSSH key (else HACTL_KEY, else ~/.ssh/id_ed25519)')
    .option('--serial <n>', 'this serial (else the time in seconds)', integer(1, SERIAL_MAX))
    .option('--keep-serial', 'leave the spec as it is')
    .action(async (file: string, flags: SignFlags) => {
      const { sign } = await import('../sign.ts')
      await sign(io, file, flags)
    })
}
