// hactl logs: what the daemons and the agent of a node say, from the operator's machine or on the node itself.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { LOG_LINES_MAX } from '../../spec/limits.ts'
import { LOG_UNITS, type LogUnit } from '../../spec/logs.ts'
import { type HubFlags, integer, lifetime, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

/** So long ago, or a time of the clock. */
export type Since = { readonly agoMs: number } | { readonly at: number }
export type LogsFlags = HubFlags & {
  readonly follow?: boolean
  readonly since?: Since
  readonly unit?: readonly LogUnit[]
  readonly lines: number
  readonly here?: boolean
  readonly config: string
}

function sinceTime(text: string): Since {
  if (/^[0-9.]+(?:ms|s|m|h|d)$/.test(text)) return { agoMs: lifetime(text) }
  const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Expected how long ago, 10m or 2h, or a time, 2026-01-31T14:05.')
  return { at }
}

export function addLogs(program: Command, io: Io): void {
  withHub(
    program
      .command('logs')
      .description('show what daemons and agents of nodes say')
      .argument('[node]', 'default: all nodes'),
  )
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .addOption(
      new Option('--since <time>', 'not older: 10m, 2h, or 2026-01-31T14:05').argParser(sinceTime),
    )
    .addOption(
      new Option('--unit <name...>', 'of these only (default: all)').choices([...LOG_UNITS]),
    )
    .addOption(
      new Option('--lines <n>', 'so many of each node')
        .argParser(integer(1, LOG_LINES_MAX))
        .default(100),
    )
    .option('--here', 'of this machine, without the hub')
    .option('--config <file>', 'of the agent here, for --here', '/etc/hactl/agent.json')
    .action(async (node: string | undefined, flags: LogsFlags) => {
      const { logs } = await import('../logs.ts')
      await logs(io, node, flags)
    })
}
