// hactl plan: what a node would do, why, and what traffic feels of it; offline, or from what nodes run now.
import { type Command, Option } from 'commander'
import { type HubFlags, withHub } from '../flags.ts'
import type { Io } from '../io.ts'
import type { GitPlace } from '../push-git.ts'
import { gitPlace } from './push.ts'

export type PlanFlags = HubFlags & {
  readonly git?: GitPlace
  readonly out?: string
  readonly node?: string
  readonly all?: boolean
  readonly facts?: string
  readonly observed?: string
  readonly diff: boolean
}

export function addPlan(program: Command, io: Io): void {
  withHub(
    program
      .command('plan')
      .description('show what nodes would do, and what traffic feels')
      .argument('<file>', 'spec, - for standard input'),
  )
    .addOption(
      new Option('--git <remote#branch:path>', 'from what a repository has').argParser(gitPlace),
    )
    .option('--out <file>', 'from what nodes run, kept for hactl push --plan')
    .option('--node <name>', 'of this node')
    .option('--all', 'of every node (default)')
    .option('--facts <file>', 'recorded facts of the node (JSON), else Debian 12')
    .option('--observed <file>', 'recorded state of the node (JSON), else empty')
    .option('--no-diff', 'without the text of the files')
    .action(async (file: string, flags: PlanFlags) => {
      if (flags.out ?? flags.git ?? flags.hub ?? flags.lab) {
        const { planLive } = await import('../plan-out.ts')
        return planLive(io, file, flags)
      }
      const { plan } = await import('../plan.ts')
      return plan(io, file, flags)
    })
}
