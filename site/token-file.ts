// What the hub keeps of tokens on its disk: tokens.json with the shared ones, grants.json with hashes of all others.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Secret } from '../spec/secret.ts'
import { TOKEN_NAME_PATTERN } from '../spec/enrol.ts'

const Token = Type.String({ pattern: '^[A-Za-z0-9_-]{20,200}$' })
const TokenFile = Type.Object({ viewer: Token, operator: Token, agent: Token })
export type Tokens = { readonly [role in keyof Static<typeof TokenFile>]: Secret }

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const common = {
  name: Type.String({ pattern: TOKEN_NAME_PATTERN }),
  hash: Hash,
  madeAt: Type.Integer(),
  expiresAt: Type.Optional(Type.Integer()),
  by: Type.String(),
}
const Grant = Type.Union([
  Type.Object({ ...common, role: Type.Literal('viewer') }),
  Type.Object({ ...common, role: Type.Literal('operator') }),
  Type.Object({ ...common, role: Type.Literal('node'), node: Type.String() }),
  Type.Object({
    ...common,
    role: Type.Literal('join'),
    /** The only node that may use it. */
    node: Type.Optional(Type.String()),
    /** Hash of the node's token that it was used for: the same request again is no second use. */
    usedFor: Type.Optional(Hash),
  }),
])
export type Grant = Static<typeof Grant>
const GrantFile = Type.Object({
  version: Type.Literal(1),
  grants: Type.Array(Grant),
  /** Shared tokens that are no longer taken. */
  retired: Type.Array(Type.String()),
})
export type Grants = Static<typeof GrantFile>

export function writeSecretFile(path: string, text: string): void {
  const temporary = `${path}.new`
  const fd = openSync(temporary, 'w', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
}

export function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function checked<T extends TSchema>(schema: T, text: string, refuse: string): Static<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error(refuse, { cause })
  }
  if (!Value.Check(schema, value)) throw new Error(refuse)
  return value
}

/**
 * Reads <state>/tokens.json, or makes it (mode 0600) when absent.
 * @throws when the file is there but damaged: new tokens would lock every agent out silently.
 */
export function loadTokens(state: string): Tokens {
  const path = join(state, 'tokens.json')
  const text = readTextIfThere(path)
  if (text === undefined) {
    const token = () => randomBytes(24).toString('base64url')
    const tokens = { viewer: token(), operator: token(), agent: token() }
    writeSecretFile(path, `${JSON.stringify(tokens, null, 2)}\n`)
    return asSecrets(tokens)
  }
  const refuse = `cannot use ${path}: not three tokens; put it back, or remove it to make new ones`
  return asSecrets(checked(TokenFile, text, refuse))
}

const asSecrets = ({ viewer, operator, agent }: Static<typeof TokenFile>): Tokens => ({
  viewer: new Secret(viewer),
  operator: new Secret(operator),
  agent: new Secret(agent),
})

/** @throws when <state>/grants.json is damaged: without it every node would have to enrol again. */
export function loadGrants(state: string): Grants {
  const path = join(state, 'grants.json')
  const text = readTextIfThere(path)
  if (text === undefined) return { version: 1, grants: [], retired: [] }
  const refuse = `cannot use ${path}: it is damaged; put it back, or remove it and enrol every node again`
  return checked(GrantFile, text, refuse)
}

export const saveGrants = (state: string, grants: Grants): void =>
  writeSecretFile(join(state, 'grants.json'), `${JSON.stringify(grants)}\n`)
