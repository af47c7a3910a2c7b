// hactl render: the configuration files of a node, as its agent would write them. Offline.
import type { Command } from 'commander'
import type { Version } from '../../agent/engine.ts'
import { version } from '../flags.ts'
import type { Io } from '../io.ts'

export type RenderFlags = {
  readonly node: string
  readonly haproxyVersion?: Version
  readonly keepalivedVersion?: Version
  readonly out?: string
}

export function addRender(program: Command, io: Io): void {
  program
    .command('render')
    .description('print the configuration files of a node')
    .argument('<file>', 'spec, - for standard input')
    .requiredOption('--node <name>', 'of this node')
    .option('--haproxy-version <v>', 'for this haproxy (default 2.6.12)', version)
    .option('--keepalived-version <v>', 'for this keepalived (default 2.2.7)', version)
    .option('--out <dir>', 'write the files below this directory')
    .action(async (file: string, flags: RenderFlags) => {
      const { render } = await import('../plan.ts')
      await render(io, file, flags)
    })
}
