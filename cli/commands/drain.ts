// hactl drain: a node gives its vips up, or a server takes no new clients, until it is undrained.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { orders } from '../order-flags.ts'

export function addDrain(program: Command, io: Io): void {
  const drain = program
    .command('drain')
    .description('have a node give its vips up, or a server take no new clients')
    .argument('<node|pool/server>')
    .option('--force', 'also where nobody else could serve')
  orders(drain, io, 'drain')
}
