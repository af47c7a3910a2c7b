// The git part of the agent's configuration: which repository, what in it, and how to get in.
import { type Static, Type } from '@sinclair/typebox'
import { Path } from '../spec/names.ts'

/** Between two looks at the repository when no webhook says that something is new. */
export const GIT_POLL_MS = 60_000

/** Below the agent's state: a commit that `hactl agent sync --force` was told on this node. */
export const GIT_FORCE_FILE = 'git-force'
/** Its full id. */
export const COMMIT = '^(?:[0-9a-f]{40}|[0-9a-f]{64})$'

/** No user with password in it: a token has a file of its own. No host that git or ssh would read as an option. */
const REMOTE =
  '^(?:(?:https?://|ssh://(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?)[A-Za-z0-9\\[][A-Za-z0-9.:\\]-]{0,250}/[A-Za-z0-9_.~/+%-]{1,300}' +
  '|file:///[A-Za-z0-9_.~/+-]{1,300}' +
  '|[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}:[A-Za-z0-9_.~/+-]{1,300})$'
/** What git check-ref-format allows, without the characters that nobody needs. */
const RefName = (description: string) =>
  Type.String({
    pattern: '^(?!.*(?:\\.\\.|//|/\\.|\\.lock$|/$|\\.$))[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}$',
    description,
  })

export const GitConfig = Type.Object(
  {
    url: Type.String({
      pattern: REMOTE,
      description: 'https://host/repo, ssh://git@host/repo, git@host:repo or file:///repo',
    }),
    branch: Type.Optional(RefName('branch to follow, default the one the remote calls HEAD')),
    tag: Type.Optional(RefName('tag to follow instead of a branch')),
    path: Type.Optional(
      Type.String({
        pattern:
          '^(?!.*(?:^|/)\\.\\.?(?:/|$))[A-Za-z0-9_.@+-]{1,128}(?:/[A-Za-z0-9_.@+-]{1,128}){0,15}$',
        description: 'spec in the repository, default spec.json',
      }),
    ),
    pollMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 86_400_000,
        description: 'time between looks at the repository (milliseconds), default 60000',
      }),
    ),
    knownHosts: Type.Optional(Path('known_hosts file that ssh believes, and no other')),
    identity: Type.Optional(Path('private key for ssh, mode 0600')),
    user: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_.@+-]{1,100}$',
        description: 'for tokenFile, default git',
      }),
    ),
    tokenFile: Type.Optional(Path('file with the token for https, read at each fetch')),
    ca: Type.Optional(Path("certificates (PEM) that https believes instead of the system's")),
    force: Type.Optional(
      Type.String({
        pattern: COMMIT,
        description: 'commit that is taken although it does not descend from the last one',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'spec in a git repository; at most one of branch and tag',
  },
)
export type GitConfig = Static<typeof GitConfig>
