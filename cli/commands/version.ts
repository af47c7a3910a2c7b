// hactl version: of the program, of the spec it writes, of the protocol it speaks.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addVersion(program: Command, io: Io): void {
  program
    .command('version')
    .description('print the versions of program and spec')
    .action(async () => {
      const [{ VERSION }, { SPEC_VERSION }, { PROTOCOL }] = await Promise.all([
        import('../version.ts'),
        import('../../spec/limits.ts'),
        import('../../spec/protocol.ts'),
      ])
      if (io.json)
        io.out(`${JSON.stringify({ version: VERSION, spec: SPEC_VERSION, protocol: PROTOCOL })}\n`)
      else io.out(`hactl ${VERSION}, spec version ${SPEC_VERSION}, protocol ${PROTOCOL}\n`)
    })
}
