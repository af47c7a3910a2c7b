// hactl hub: keeps specs, shows the cluster; nothing on the data plane needs it.
import { type Command, Option } from 'commander'
import { type HubFlags, lifetime, withHub } from '../flags.ts'
import type { Io } from '../io.ts'
import { type LogFlags, logOption } from '../log.ts'

const STATE_PATH = '/var/lib/hactl-hub'

export type HubServeFlags = LogFlags & {
  readonly state: string
  readonly listen?: readonly string[]
  readonly open?: boolean
  readonly tls?: 'auto' | 'off'
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsName?: readonly string[]
}

export type JoinTokenFlags = HubFlags & { readonly node?: string; readonly ttl?: number }

const repeated = (value: string, before: readonly string[] = []) => [...before, value]

export function addHub(program: Command, io: Io): void {
  const serve = program
    .command('hub')
    .description('serve specs, status page and history')
    .option('--state <dir>', 'what it must not lose', STATE_PATH)
    .option(
      '--listen <address>',
      'host:port or unix:/path, repeatable (default 127.0.0.1:9400)',
      repeated,
    )
    .addOption(
      new Option('--tls <how>', 'auto: a CA of its own, as new hubs have that others reach')
        .choices(['auto', 'off'])
        .conflicts(['tlsCert', 'tlsKey']),
    )
    .option('--tls-cert <file>', 'PEM of certificate and chain, read again when it changes')
    .option('--tls-key <file>', 'PEM of its private key')
    .option('--tls-name <name>', 'another name for its certificate, repeatable', repeated)
    .option('--open', 'let anyone look (never change) without a token')
    .addOption(logOption())
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
    .command('ca')
    .description("print the certificate of the hub's own CA, for --ca and browsers")
    .option('--state <dir>', 'of the hub', STATE_PATH)
    .action(async (flags: { readonly state: string }) => {
      const { hubCa } = await import('../hub-ca.ts')
      await hubCa(io, flags.state)
    })
  serve
    .command('backup')
    .description('copy all of a hub, secrets too, to one file')
    .argument('<file>', 'where to; what is there is replaced')
    .option('--state <dir>', 'of the hub', STATE_PATH)
    .action(async (file: string, flags: { readonly state: string }) => {
      const { backup } = await import('../backup.ts')
      await backup(io, file, flags.state)
    })
  serve
    .command('restore')
    .description('make a hub out of a backup, where none is')
    .argument('<file>', 'of hactl hub backup')
    .option('--state <dir>', 'of the hub', STATE_PATH)
    .action(async (file: string, flags: { readonly state: string }) => {
      const { restore } = await import('../backup.ts')
      await restore(io, file, flags.state)
    })
}
