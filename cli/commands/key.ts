// hactl key: the ed25519 keys that specs are signed with, and the age key of a machine.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

export function addKey(program: Command, io: Io): void {
  const key = program
    .command('key')
    .description('keys: of people who sign, and of machines that read secrets')
  key
    .command('make')
    .description('make a key without a passphrase, mode 0600')
    .argument('<file>', 'private key; the public one is <file>.pub')
    .option('--comment <text>', 'whose it is', 'hactl')
    .action(async (file: string, flags: { comment: string }) => {
      const { makeKey } = await import('../keys.ts')
      await makeKey(io, file, flags.comment)
    })
  key
    .command('age')
    .description("show this machine's public age key, made where there is none")
    .option('--state <dir>', 'of the agent, or of the hub', '/var/lib/hactl')
    .option('--rotate', 'make another; what is encrypted for the old one stays readable')
    .action(async (flags: { state: string; rotate?: boolean }) => {
      const { ageKey } = await import('../age-key.ts')
      await ageKey(io, flags)
    })
  for (const [name, says] of [
    ['show', 'print the public line, for trust.keys of agent.json'],
    ['fingerprint', 'print the fingerprint, as ssh-keygen -l'],
  ] as const)
    key
      .command(name)
      .description(says)
      .argument('[file]', 'private or public key (else HACTL_KEY, else ~/.ssh/id_ed25519)')
      .action(async (file: string | undefined) => {
        const { showKey } = await import('../keys.ts')
        await showKey(io, file, name === 'fingerprint')
      })
}
