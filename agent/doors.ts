// The door of this node's peers, and the certificate by which they know each other, on a real machine.
import { NO_SECRET } from '../spec/secret.ts'
import type { AgentConfig } from './config.ts'
import type { HubKey } from './enrol.ts'
import { identityDoors } from './host/identity-doors.ts'
import { type Identity, NOBODY, openIdentity } from './identity.ts'
import type { PeerDoor } from './peers.ts'
import type { Status } from './status.ts'
import type { World } from './world.ts'

export type OwnDoor = PeerDoor & {
  readonly identity: Identity
  /** Keeps the certificate fresh until the signal. */
  keep(signal: AbortSignal): Promise<void>
}

/** A CA that came over plain HTTP could be anybody's: without TLS with the hub there is no certificate. */
export async function openPeerDoor(
  { node, state, peer, hub }: AgentConfig,
  key: HubKey,
  { host, clock, random }: World,
  status: Pick<Status, 'event'>,
): Promise<OwnDoor> {
  const at = { port: peer.port, token: peer.token ?? NO_SECRET }
  if (hub === undefined || hub.url.startsWith('http:'))
    return { ...at, identity: NOBODY, keep: async () => undefined }
  const identity = await openIdentity(
    { node, state },
    {
      ...{ clock, random, doors: identityDoors(host, hub.url, key) },
      say: (text) => status.event('agent', text),
    },
  )
  return { ...at, identity, keep: identity.keep }
}
