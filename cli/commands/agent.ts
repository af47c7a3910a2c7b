// hactl agent: keeps this node as the spec says, until it is stopped; the daemons go on without it.
import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { type LogFlags, logOption } from '../log.ts'

const CONFIG_PATH = '/etc/hactl/agent.json'

export type InstallFlags = {
  readonly hub?: string
  readonly join?: string
  readonly ca?: string
  readonly tokenFile?: string
  readonly source?: string
  readonly peerTokenFile?: string
  readonly node?: string
  readonly prefix: string
  readonly root?: string
  readonly force?: boolean
  readonly dryRun?: boolean
}
export type SyncFlags = { readonly force: string; readonly config: string }
export type UninstallFlags = {
  readonly prefix: string
  readonly purge?: boolean
  readonly dryRun?: boolean
}

export function addAgent(program: Command, io: Io): void {
  const agent = program
    .command('agent')
    .description('keep this node as the spec says')
    .option('--config <file>', 'configuration of this agent', CONFIG_PATH)
    .option('--check', 'only say whether the configuration is good')
    .addOption(logOption())
    .option('--json', 'print JSON for programs')
    // Options after install and uninstall are theirs.
    .enablePositionalOptions()
    .action(async (flags: LogFlags & { config: string; check?: boolean }) => {
      const { agent: serve } = await import('../serve.ts')
      await serve(io, flags.config, flags)
    })
  agent
    .command('install')
    .description('make this file a service that keeps the node')
    .option('--hub <url>', 'address of the hub')
    .option('--join <token>', 'of hactl hub join-token: gives this node its own token')
    .option('--token-file <file>', 'file with a token for the hub that is there already')
    .option('--ca <file>', 'CA of the hub, where the join token does not name it')
    .option('--source <place>', 'file, URL, or git+URL#branch:path (else the hub has it)')
    .option('--peer-token-file <file>', 'file with the token that the agents share')
    .option('--node <name>', 'name of this node in the spec (else the host name)')
    .option('--prefix <dir>', 'the program goes to bin below it', '/usr/local')
    .option('--root <dir>', 'prepare the system below it, start nothing')
    .option('--force', 'overwrite another configuration')
    .option('--dry-run', 'only say what would be done')
    .action(async (flags: InstallFlags) => {
      const { install } = await import('../install/index.ts')
      await install(io, flags)
    })
  agent
    .command('sync')
    .description('take a commit of the repository that the node refuses by itself')
    .requiredOption('--force <commit>', 'its full id: it need not follow the last one')
    .option('--config <file>', 'configuration of the agent here', CONFIG_PATH)
    .option('--json', 'print JSON for programs')
    .action(async (flags: SyncFlags) => {
      const { sync } = await import('../agent-sync.ts')
      await sync(io, flags)
    })
  agent
    .command('uninstall')
    .description('take the service away; the daemons go on')
    .option('--prefix <dir>', 'where the program was installed', '/usr/local')
    .option('--purge', 'remove the program and its configuration too')
    .option('--dry-run', 'only say what would be done')
    .action(async (flags: UninstallFlags) => {
      const { uninstall } = await import('../install/index.ts')
      await uninstall(io, flags)
    })
}
