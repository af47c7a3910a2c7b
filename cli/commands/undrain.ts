// hactl undrain: end a drain; a vip comes back as its preemption says.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { ends } from '../order-flags.ts'

export function addUndrain(program: Command, io: Io): void {
  const undrain = program
    .command('undrain')
    .description('end a drain of a node or server')
    .argument('<node|pool/server>')
  ends(undrain, io, 'drain')
}
