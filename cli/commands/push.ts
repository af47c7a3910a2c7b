// hactl push: validate, show what changes, send, and follow until every node has proved it.
import { type Command, Option } from 'commander'
import { confirmTime, duration, type HubFlags, withHub } from '../flags.ts'
import type { Io } from '../io.ts'
import type { SendFlags } from '../send.ts'

type Flags = HubFlags & SendFlags

export const withSend = (command: Command): Command =>
  withHub(command)
    .option('--note <text>', 'why, kept with the revision')
    .option('--allow-blink', 'accept that a vip may blink or be held twice')
    .option('--allow-removals', 'accept more removals than the spec allows')
    .option('--allow-empty', 'accept pools that lose their last server')
    .option('--allow-missing', 'do not fail for nodes without an agent')
    .addOption(
      new Option('--confirm <time>', 'nodes go back unless hactl confirm comes in time').argParser(
        confirmTime,
      ),
    )
    .option('--no-wait', 'do not follow')
    .addOption(
      new Option('--timeout <time>', 'how long to follow')
        .argParser(duration)
        .default(60_000, '60s'),
    )

export function addPush(program: Command, io: Io): void {
  withSend(
    program
      .command('push')
      .description('send a spec, follow until every node proved it')
      .argument('<file>', 'spec, - for standard input'),
  ).action(async (file: string, flags: Flags) => {
    const { push } = await import('../push.ts')
    await push(io, file, flags)
  })
}
