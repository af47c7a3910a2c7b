// hactl agent: keeps this node as the spec says, until it is stopped; the daemons go on without it.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

const CONFIG_PATH = '/etc/hactl/agent.json'

export function addAgent(program: Command, io: Io): void {
  program
    .command('agent')
    .description('keep this node as the spec says')
    .option('--config <file>', 'configuration of this agent', CONFIG_PATH)
    .option('--check', 'only say whether the configuration is good')
    .action(async (flags: { config: string; check?: boolean }) => {
      const { agent } = await import('../serve.ts')
      await agent(io, flags.config, flags.check === true)
    })
}
