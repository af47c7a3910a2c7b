// What a node's certificate takes of this machine: a new key, and questions to the hub by the node's own token.
import type { Secret } from '../../spec/secret.ts'
import type { Host } from '../world.ts'
import { askJson, type Posted } from './post.ts'

export const identityDoors = (
  files: Pick<Host, 'read' | 'write'>,
  url: string,
  hub: { token(): Secret; ca(): readonly string[] | undefined },
) => ({
  read: files.read,
  write: files.write,
  ask: (method: 'GET' | 'POST', path: string, value: unknown, timeoutMs: number): Promise<Posted> =>
    askJson(method, url, path, hub.token(), value, timeoutMs, hub.ca()),
  async newRequest(node: string) {
    // Loaded here alone: an agent without a hub that speaks TLS does not pay for it.
    const { keyPem, makeRequest, newKeys } = await import('../../spec/tls/x509.ts')
    const keys = await newKeys()
    return { key: await keyPem(keys.privateKey), request: await makeRequest(keys, node) }
  },
})
