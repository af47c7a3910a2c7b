// Routes by which a node with a token of its own gets a certificate, and learns whose of its peers are good.
import type { Context } from 'hono'
import { CertificateRequest } from '../spec/peers.ts'
import { asked } from './enrol.ts'
import type { HubState } from './state.ts'
import type { NodeCa } from './tls/node-ca.ts'
import type { Who } from './tokens.ts'

/** The node that asks and the CA, or the answer that says why not. */
function admitted(
  { deps }: HubState,
  c: Context,
  who: Who | undefined,
): { readonly node: string; readonly ca: NodeCa } | Response {
  if (deps.nodeCa === undefined)
    return c.json({ error: 'cannot certify: this hub speaks plain HTTP and has no CA' }, 404)
  // Whoever shares a token could be any node.
  if (who?.node === undefined)
    return c.json({ error: "cannot certify: this needs a node's own token; let it join" }, 403)
  return { node: who.node, ca: deps.nodeCa }
}

export async function certify(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const by = admitted(state, c, who)
  if (by instanceof Response) return by
  const value = await asked(c, CertificateRequest)
  if (value instanceof Response) return value
  let certificate: string | undefined
  try {
    certificate = await by.ca.certify(by.node, value.request)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    state.deps.log(`hub: cannot certify ${by.node}: ${why}`)
    return c.json({ error: 'cannot certify: the request is not good' }, 400)
  }
  if (certificate === undefined)
    return c.json({ error: `cannot certify: ${by.node} has too many; let it join again` }, 409)
  state.note('access', `${by.node} got a certificate`)
  return c.json({ certificate, ca: by.ca.certificate }, 201)
}

export function peersWord(state: HubState, c: Context, who: Who | undefined): Response {
  const by = admitted(state, c, who)
  if (by instanceof Response) return by
  const serial = c.req.query('serial') ?? ''
  const { cluster, speaks } = state
  return c.json(by.ca.word({ node: by.node, serial, cluster: cluster(), speaks }), 200)
}
