// hactl doctor: what is wrong with this node, why it matters, and the command that mends it.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export type DoctorFlags = {
  readonly spec?: string
  readonly node?: string
  readonly config: string
  readonly record?: string
  readonly from?: string
}

export function addDoctor(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('say what is wrong with this node, and what mends it')
    .option('--spec <file>', 'compare with this spec (else the one the agent has)')
    .option('--node <name>', 'name of this node in the spec (else from the configuration)')
    .option('--config <file>', 'configuration of the agent', '/etc/hactl/agent.json')
    .option('--record <file>', 'also write down all that was seen, for somebody else to judge')
    .option('--from <file>', 'judge what was written down, touch nothing here')
    .addHelpText(
      'after',
      '\nExit 0: nothing, or only notes. 1: warnings. 7: errors. It changes nothing;\nit listens to VRRP for three seconds where tcpdump is installed.\n',
    )
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('../doctor.ts')
      await doctor(io, flags)
    })
}
