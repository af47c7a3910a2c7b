// hactl token: who may look at the hub and who may push.
import { type Command, Option } from 'commander'
import { type HubFlags, lifetime, withHub } from '../flags.ts'
import type { Io } from '../io.ts'

export type TokenCreateFlags = HubFlags & {
  readonly role: 'viewer' | 'operator'
  readonly name: string
  readonly ttl?: number
}

export function addToken(program: Command, io: Io): void {
  const token = program.command('token').description('make, list and revoke tokens of the hub')
  withHub(
    token
      .command('create')
      .description('make a token; it is shown this once')
      .addOption(
        new Option('--role <role>', 'what it may do')
          .choices(['viewer', 'operator'])
          .makeOptionMandatory(),
      )
      .requiredOption('--name <name>', 'whose it is; stands in history and events')
      .option(
        '--ttl <time>',
        'how long it is good, as 12h or 30d (default: until revoked)',
        lifetime,
      ),
  ).action(async (flags: TokenCreateFlags) => {
    const { createToken } = await import('../token.ts')
    await createToken(io, flags)
  })
  withHub(token.command('list').description('list all tokens, never their text')).action(
    async (flags: HubFlags) => {
      const { listTokens } = await import('../token.ts')
      await listTokens(io, flags)
    },
  )
  withHub(
    token
      .command('revoke')
      .description('end a token and whatever is connected with it')
      .argument('<name>', 'as hactl token list shows it'),
  ).action(async (name: string, flags: HubFlags) => {
    const { revokeToken } = await import('../token.ts')
    await revokeToken(io, name, flags)
  })
}
