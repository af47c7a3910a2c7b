// hactl secret: values in the spec that only the nodes can read.
import type { Command } from 'commander'
import { type HubFlags, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type EncryptFlags = HubFlags & {
  readonly node?: readonly string[]
  readonly recipient?: readonly string[]
  readonly valueFile?: string
  readonly replaceKeys?: boolean
}
export type ReencryptFlags = Omit<EncryptFlags, 'node' | 'valueFile'> & {
  readonly identity?: string
}

const withKeys = (command: Command): Command =>
  withHub(
    command
      .option('--recipient <age1...>', 'a person who may read it too, repeatable', collect)
      .option('--replace-keys', 'take the keys the hub tells, also where the spec has others'),
  )
const collect = (value: string, before: readonly string[] = []) => [...before, value]

export function addSecret(program: Command, io: Io): void {
  const secret = program.command('secret').description('values that only the nodes can read')
  withKeys(
    secret
      .command('encrypt')
      .description('put the value on standard input into the spec, encrypted for the nodes')
      .argument('<file>', 'spec')
      .argument('<name>', 'of the secret')
      .option('--node <name>', 'for these nodes only (else those that use it), repeatable', collect)
      .option('--value-file <file>', 'the value is in this file'),
  ).action(async (file: string, name: string, flags: EncryptFlags) => {
    const { encrypt } = await import('../secret.ts')
    await encrypt(io, file, name, flags)
  })
  withKeys(
    secret
      .command('reencrypt')
      .description('encrypt all of them anew, for the nodes and keys of today')
      .argument('<file>', 'spec')
      .option('--identity <file>', "age key that can read them (else this node's own)"),
  ).action(async (file: string, flags: ReencryptFlags) => {
    const { reencrypt } = await import('../secret.ts')
    await reencrypt(io, file, flags)
  })
  secret
    .command('list')
    .description('where each lies, and who needs it')
    .argument('<file>', 'spec')
    .action(async (file: string) => {
      const { listSecrets } = await import('../secret.ts')
      await listSecrets(io, file)
    })
}
