// hactl init: a repository for a cluster, in which every change is checked before it is merged.
import { type Command, Option } from 'commander'
import type { Io } from '../io.ts'

/** Names of spec/examples, and the smallest cluster that is one. */
export const EXAMPLES = [
  'minimal',
  'wordpress',
  'wordpress-full',
  'haproxy-failover',
  'haproxy-regex',
  'lvs-apache',
  'nginx-dual-master',
] as const
export type InitFlags = { readonly example: (typeof EXAMPLES)[number]; readonly git: boolean }

export function addInit(program: Command, io: Io): void {
  program
    .command('init')
    .description('make a repository for a cluster, with checks in CI')
    .argument('<dir>', 'directory, new or empty')
    .addOption(
      new Option('--example <name>', 'cluster to start from')
        .choices([...EXAMPLES])
        .default('minimal'),
    )
    .option('--no-git', 'write the files only')
    .action(async (directory: string, flags: InitFlags) => {
      const { init } = await import('../init/index.ts')
      await init(io, directory, flags)
    })
}
