// hactl events: what happened on the nodes and on the hub.
import { type Command, Option } from 'commander'
import { type HubFlags, integer, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type EventsFlags = HubFlags & {
  readonly follow?: boolean
  readonly before?: number
  readonly limit: number
}

export function addEvents(program: Command, io: Io): void {
  withHub(
    program
      .command('events')
      .description('show what happened on nodes and hub')
      .option('--follow', 'go on with new ones, until Ctrl-C')
      .addOption(
        new Option('--before <seq>', 'only what came before this one')
          .argParser(integer(1, 1e15))
          .conflicts('follow'),
      )
      .option('--limit <n>', 'the newest so many', integer(1, 1_000), 50),
  ).action(async (flags: EventsFlags) => {
    const { events } = await import('../history.ts')
    await events(io, flags)
  })
}
