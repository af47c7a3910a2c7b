// Tokens are made, listed and taken away here; a node exchanges its join token for one of its own.
import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Context } from 'hono'
import { EnrolRequest, JoinRequest, TokenRequest } from '../spec/enrol.ts'
import { withFingerprint } from '../spec/tls/fingerprint.ts'
import { readBody } from './push.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

const REQUEST_BYTES_MAX = 16 * 1024

/** The request as its schema wants it, or the answer that says what is wrong. */
export async function asked<T extends TSchema>(
  c: Context,
  schema: T,
): Promise<Static<T> | Response> {
  const text = await readBody(c, REQUEST_BYTES_MAX)
  if (typeof text !== 'string') return c.json({ error: text.error }, text.status)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return c.json({ error: 'cannot read the request: it is not JSON' }, 400)
  }
  if (Value.Check(schema, value)) return value
  const first = Value.Errors(schema, value).First()
  const why = `${first?.path.slice(1) ?? ''} ${first?.message.toLowerCase() ?? ''}`.trim()
  return c.json({ error: `cannot read the request: ${why}` }, 400)
}

export const listTokens = (state: HubState, c: Context): Response =>
  c.json(state.deps.book.list(), 200)

export async function createToken(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const request = await asked(c, TokenRequest)
  if (request instanceof Response) return request
  const by = who?.name ?? ''
  const made = state.deps.book.create({ ...request, by })
  if ('refused' in made) return c.json({ error: made.refused }, 409)
  state.note('access', `${by} made the ${request.role} token ${request.name}`)
  // The one time that it is told.
  return c.json({ name: request.name, ...made, token: made.token.reveal() }, 201)
}

export async function createJoin(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const request = await asked(c, JoinRequest)
  if (request instanceof Response) return request
  const by = who?.name ?? ''
  const made = state.deps.book.join({ ...request, by })
  if ('refused' in made) return c.json({ error: made.refused }, 409)
  const forWhom = request.node ?? 'any node that has no token yet'
  state.note('access', `${by} made a join token for ${forWhom}`)
  const name = state.deps.book.whoIs(made.token.reveal())?.name ?? ''
  const token = withFingerprint(made.token.reveal(), state.deps.joinCa?.())
  return c.json({ name, ...made, token }, 201)
}

export function revokeToken(state: HubState, c: Context, who: Who | undefined): Response {
  const name = c.req.param('name') ?? ''
  const { book } = state.deps
  const known = book.list().find((one) => one.name === name)
  // First: cut between the two, a node that is still let in gets another certificate, and one that is not has none.
  if (known?.role === 'node' && known.node !== undefined) state.deps.nodeCa?.revokeNode(known.node)
  const refused = book.revoke(name)
  if (refused !== undefined)
    return c.json({ error: refused.refused }, known === undefined ? 404 : 409)
  state.cutRevoked()
  state.note('access', `${who?.name ?? ''} revoked the token ${name}`)
  return c.json({ name }, 200)
}

export async function enrol(state: HubState, c: Context, who: Who | undefined): Promise<Response> {
  const request = await asked(c, EnrolRequest)
  if (request instanceof Response) return request
  const { node, tokenHash } = request
  if (who === undefined) return c.json({ error: 'cannot enrol without a join token' }, 401)
  const had = state.deps.book.list().some((one) => one.role === 'node' && one.node === node)
  const refused = state.deps.book.enrol(who, node, tokenHash)
  if (refused !== undefined) return c.json({ error: refused.refused }, 409)
  state.cutRevoked()
  // What somebody may have copied from its old disk is no longer good.
  if (had) state.deps.nodeCa?.revokeNode(node)
  state.note('access', `${node} ${had ? 'enrolled again' : 'enrolled'} with ${who.name}`)
  return c.json({ node }, 201)
}
