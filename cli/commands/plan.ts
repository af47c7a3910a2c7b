// hactl plan: what a node would do, why, and what traffic feels of it. Offline.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export type PlanFlags = {
  readonly node?: string
  readonly all?: boolean
  readonly facts?: string
  readonly observed?: string
  readonly diff: boolean
}

export function addPlan(program: Command, io: Io): void {
  program
    .command('plan')
    .description('show what nodes would do, and what traffic feels')
    .argument('<file>', 'spec, - for standard input')
    .option('--node <name>', 'of this node')
    .option('--all', 'of every node (default)')
    .option('--facts <file>', 'recorded facts of the node (JSON), else Debian 12')
    .option('--observed <file>', 'recorded state of the node (JSON), else empty')
    .option('--no-diff', 'without the text of the files')
    .action(async (file: string, flags: PlanFlags) => {
      const { plan } = await import('../plan.ts')
      await plan(io, file, flags)
    })
}
