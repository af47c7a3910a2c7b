// hactl pause: a node that changes nothing, and says what it would do.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { orders } from '../order-flags.ts'

export function addPause(program: Command, io: Io): void {
  const pause = program
    .command('pause')
    .description('keep a node from changing anything; what serves goes on')
    .argument('[node]', 'or --all')
    .option('--all', 'every node of the spec')
  orders(pause, io, 'pause')
}
