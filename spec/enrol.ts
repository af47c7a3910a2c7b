// What the hub and those who ask it say about tokens. A node makes its own token; only the hash of it travels.
import { type Static, Type } from '@sinclair/typebox'
import { Name } from './names.ts'

const closed = { additionalProperties: false }
const DAY_MS = 86_400_000
export const TOKEN_TTL_MS_MIN = 1_000
/** Ten years. */
export const TOKEN_TTL_MS_MAX = 3_650 * DAY_MS
export const JOIN_TTL_MS_DEFAULT = 3_600_000
/** 7 days: a join token lies in shell histories and tickets. */
export const JOIN_TTL_MS_MAX = 7 * DAY_MS

export const TOKEN_NAME_PATTERN = '^[a-z0-9][a-z0-9._@-]{0,62}$'
const TokenName = Type.String({ pattern: TOKEN_NAME_PATTERN })
/** SHA-256 of a token, in hexadecimal. */
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** POST /v1/enrol, with a join token as bearer. Asked again with the same hash it answers the same. */
export const EnrolRequest = Type.Object(
  { node: Name('name of the node'), tokenHash: Hash },
  { additionalProperties: true },
)
export const EnrolAnswer = Type.Object({ node: Type.String() }, { additionalProperties: true })

/** POST /v1/join-tokens */
export const JoinRequest = Type.Object(
  {
    node: Type.Optional(Name('the only node that may use it')),
    ttlMs: Type.Integer({ minimum: TOKEN_TTL_MS_MIN, maximum: JOIN_TTL_MS_MAX }),
  },
  closed,
)
export type JoinRequest = Static<typeof JoinRequest>
/** POST /v1/tokens */
export const TokenRequest = Type.Object(
  {
    role: Type.Union([Type.Literal('viewer'), Type.Literal('operator')]),
    name: TokenName,
    ttlMs: Type.Optional(Type.Integer({ minimum: TOKEN_TTL_MS_MIN, maximum: TOKEN_TTL_MS_MAX })),
  },
  closed,
)
export type TokenRequest = Static<typeof TokenRequest>
/** The only time that a token is told. */
export const TokenAnswer = Type.Object({
  name: Type.String(),
  token: Type.String(),
  /** Wall clock, milliseconds since 1970; absent: until it is revoked. */
  expiresAt: Type.Optional(Type.Integer()),
})
export type TokenAnswer = Static<typeof TokenAnswer>

/** A line of GET /v1/tokens: all but the token, which the hub does not know. */
export const TokenInfo = Type.Object({
  name: Type.String(),
  /** viewer, operator; agent: any node; node: the one named; join: not used yet. */
  role: Type.String(),
  node: Type.Optional(Type.String()),
  madeAt: Type.Optional(Type.Integer()),
  expiresAt: Type.Optional(Type.Integer()),
  /** Name of the token that asked for it; '' for the ones of the first start. */
  by: Type.String(),
})
export type TokenInfo = Static<typeof TokenInfo>
