// hactl hub: keeps specs, shows the cluster; nothing on the data plane needs it.
import type { Command } from 'commander'
import { type HubFlags, lifetime, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

const STATE_PATH = '/var/lib/hactl-hub'

export type HubServeFlags = {
  readonly state: string
  readonly listen?: readonly string[]
  readonly open?: boolean
}

export type JoinTokenFlags = HubFlags & { readonly node?: string; readonly ttl?: number }

export function addHub(program: Command, io: Io): void {
  const serve = program
    .command('hub')
    .description('serve specs, status page and history')
    .option('--state <dir>', 'what it must not lose', STATE_PATH)
    .option(
      '--listen <address>',
      'host:port or unix:/path, repeatable (default 127.0.0.1:9400)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--open', 'let anyone look (never change) without a token')
    .option('--json', 'print JSON for programs')
    // Options after join-token are its own.
    .enablePositionalOptions()
    .action(async (flags: HubServeFlags) => {
      const { hub } = await import('../serve.ts')
      await hub(io, flags)
    })
  withHub(
    serve
      .command('join-token')
      .description('make a token with which one node enrols, once')
      .option('--node <name>', 'for this node only; replaces a token it has')
      .option('--ttl <time>', 'how long it is good, at most 7d (default 1h)', lifetime),
  ).action(async (flags: JoinTokenFlags) => {
    const { joinToken } = await import('../token.ts')
    await joinToken(io, flags)
  })
  serve
    .command('backup')
    .description('copy the store of a hub, running or not, to one file')
    .argument('<file>', 'where to; what is there is replaced')
    .option('--state <dir>', 'of the hub', STATE_PATH)
    .action(async (file: string, flags: { readonly state: string }) => {
      const { backup } = await import('../backup.ts')
      await backup(io, file, flags.state)
    })
}
