// The command line of orders: pause, resume, drain and undrain differ in words, not in shape.
import type { Command } from 'commander'
import type { OrderKind } from '../spec/order.ts'
import { duration, type HubFlags, lifetime, withHub } from './flags.ts'
import type { Io } from './io.ts'

const WAIT_MS_DEFAULT = 15_000

export type OrderFlags = HubFlags & {
  readonly here?: boolean
  readonly state: string
  readonly wait: number
  readonly all?: boolean
  readonly reason?: string
  readonly for?: number
  readonly force?: boolean
}

const withHere = (command: Command): Command =>
  withHub(command)
    .option('--here', 'on this node, by its own agent, without the hub')
    .option('--state <dir>', "the agent's state, for --here", '/var/lib/hactl')
    .option('--wait <time>', 'how long to wait for the nodes to do it', duration, WAIT_MS_DEFAULT)

/** Gives an order of this kind. */
export function orders(command: Command, io: Io, kind: OrderKind): Command {
  return withHere(command)
    .option('--reason <text>', 'why; shown wherever the order is')
    .option('--for <time>', 'it ends by itself after this: 30m, 2h, 7d', lifetime)
    .action(async (about: string | undefined, flags: OrderFlags) => {
      const { give } = await import('./orders.ts')
      await give(io, kind, about, flags)
    })
}

/** Ends orders of this kind. */
export function ends(command: Command, io: Io, kind: OrderKind): Command {
  return withHere(command).action(async (about: string | undefined, flags: OrderFlags) => {
    const { end } = await import('./orders.ts')
    await end(io, kind, about, flags)
  })
}
