// hactl hub: keeps specs, shows the cluster; nothing on the data plane needs it.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

const STATE_PATH = '/var/lib/hactl-hub'

export type HubServeFlags = {
  readonly state: string
  readonly listen?: readonly string[]
  readonly open?: boolean
}

export function addHub(program: Command, io: Io): void {
  program
    .command('hub')
    .description('serve specs, status page and history')
    .option('--state <dir>', 'what it must not lose', STATE_PATH)
    .option(
      '--listen <address>',
      'host:port or unix:/path, repeatable (default 127.0.0.1:9400)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--open', 'let anyone look (never change) without a token')
    .action(async (flags: HubServeFlags) => {
      const { hub } = await import('../serve.ts')
      await hub(io, flags)
    })
}
