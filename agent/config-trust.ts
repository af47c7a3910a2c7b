// Whose specs a node takes: the part of agent.json that no hub, repository or network can change.
import { type Static, Type } from '@sinclair/typebox'
import { SERIAL_MAX, TRUST_KEYS_MAX } from '../spec/limits.ts'
import { Name } from '../spec/names.ts'
import { parsePublicKey } from '../spec/trust/ssh-key.ts'
import { TrustError } from '../spec/trust/wire.ts'
import type { TrustPolicy } from './trust.ts'

export const TrustConfig = Type.Object(
  {
    cluster: Name('cluster whose specs are taken: a key may sign for several'),
    keys: Type.Array(
      Type.String({
        pattern: '^ssh-ed25519 [A-Za-z0-9+/=]{1,200}(?: [^\\n\\r]{0,300})?$',
        description: 'public key of a signer, as in id_ed25519.pub: "ssh-ed25519 AAAA... comment"',
      }),
      { minItems: 1, maxItems: TRUST_KEYS_MAX, description: 'who may sign; any one is enough' },
    ),
    serialMin: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SERIAL_MAX,
        description: 'no spec below this serial is taken, whatever the node remembers',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'only specs that these keys signed for this cluster are taken',
  },
)
export type TrustConfig = Static<typeof TrustConfig>

/** What is wrong with a key, for its place in the file. */
export function keyFaults({ keys }: TrustConfig): readonly { path: string; why: string }[] {
  return keys.flatMap((line, at) => {
    try {
      parsePublicKey(line)
      return []
    } catch (error) {
      if (error instanceof TrustError) return [{ path: `/trust/keys/${at}`, why: error.message }]
      throw error
    }
  })
}

export const policyOf = ({ cluster, keys, serialMin }: TrustConfig): TrustPolicy => ({
  cluster,
  keys: keys.map(parsePublicKey),
  ...(serialMin !== undefined && { serialMin }),
})
