// hactl schema: the JSON Schema of the spec, for editors.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addSchema(program: Command, io: Io): void {
  program
    .command('schema')
    .description('print the JSON Schema of the spec, for editors')
    .option('--write <file>', 'write it there instead')
    .action(async (flags: { write?: string }) => {
      const [{ jsonSchema }, { writeText }] = await Promise.all([
        import('../../spec/json-schema.ts'),
        import('../files.ts'),
      ])
      if (flags.write === undefined) io.out(jsonSchema())
      else await writeText(io, flags.write, jsonSchema())
      if (flags.write !== undefined && io.json)
        io.out(`${JSON.stringify({ ok: true, file: flags.write })}\n`)
    })
}
