// Secrets by reference: named once, with where the value lies; texts of the spec hold the name. Resolved on the node, when a file is written.
import { type Static, Type } from '@sinclair/typebox'
import { NODES_MAX, RECIPIENTS_MAX, SECRETS_MAX } from './limits.ts'
import { entries, member } from './maps.ts'
import { mapOf, Name, NAME_PATTERN } from './names.ts'

const NAME = NAME_PATTERN.slice(1, -1)
const PATH = '(?:/[A-Za-z0-9_.@+-]{1,128}){1,16}'
/** Where a value lies; no name can leave the directory of credentials, and no other variable than ours is read. */
const PLACES = [
  `(?:file:)?${PATH}`,
  'credential:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}',
  'env:HACTL_SECRET_[A-Z0-9_]{1,64}',
  'age:[A-Za-z0-9+/]{100,}={0,2}',
].join('|')
const WAYS =
  'file:/PATH, credential:NAME of systemd, env:HACTL_SECRET_NAME, or age:BASE64 as hactl secret encrypt writes it'

/** A public age key (X25519), age-encryption.org/v1. */
export const RECIPIENT_PATTERN = '^age1[02-9ac-hj-np-z]{58}$'

export const Recipient = (description: string) =>
  Type.String({ pattern: RECIPIENT_PATTERN, description: `public age key ${description}` })

/** A secret of who sends messages: a place, or the name of one of `secrets`. */
export const SecretPlace = (description: string) =>
  Type.String({
    pattern: `^(?:${PLACES}|\\$\\{secret:${NAME}\\})$`,
    description: `${description}: ${WAYS}, or \${secret:NAME}; on the hub, or on the nodes`,
  })

export const SecretEntry = Type.Object(
  {
    from: Type.String({
      pattern: `^(?:${PLACES})$`,
      description: `where the value lies on each node that needs it: ${WAYS}`,
    }),
    nodes: Type.Optional(
      Type.Array(Name('node'), {
        maxItems: NODES_MAX,
        uniqueItems: true,
        description: 'nodes that it is encrypted for; hactl secret encrypt keeps this list',
      }),
    ),
    recipients: Type.Optional(
      Type.Array(Recipient('of a person'), {
        maxItems: RECIPIENTS_MAX,
        uniqueItems: true,
        description: 'who else can read it; hactl secret encrypt --recipient keeps this list',
      }),
    ),
  },
  { additionalProperties: false, description: 'a secret' },
)
export const Secrets = mapOf(
  SecretEntry,
  SECRETS_MAX,
  `secrets by name; \${secret:NAME} stands for the value in lines of services, in extra lines, in password hashes and in notify`,
)
export type Secrets = Static<typeof Secrets>

/** Also what was meant to be one: a wrong name must not go to a daemon as it stands. */
const REFERENCE = /\$\{secret:([^}]{0,80})\}/g

/** Names in the text, each once, in order. */
export const referencesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(REFERENCE)].map(([, name = '']) => name)),
]

export const withoutReferences = (text: string): string => text.replace(REFERENCE, '')

/** `${secret:NAME}` of a sender's field to the place that NAME has; a place stays. */
export const placeOf = (secrets: Secrets | undefined, place: string): string => {
  const [name] = referencesIn(place)
  return name === undefined ? place : (member(secrets, name)?.from ?? place)
}

export type ClusterSecret = {
  readonly name: string
  readonly from: string
}
export const secretsOf = (secrets: Secrets | undefined): readonly ClusterSecret[] =>
  entries(secrets).map(([name, { from }]) => ({ name, from }))
