// How this node has itself looked at from outside, and looks at others, on a real machine.
import type { Cluster } from '../../spec/cluster.ts'
import type { AgentConfig } from '../config.ts'
import type { World } from '../world.ts'
import { createAnswerer } from './answer.ts'
import { createAsk } from './ask.ts'
import { askersOf, type PeerDoor } from '../peers.ts'
import type { AskHubToLook, Outside } from './index.ts'

const JUST_MS = 1_000

/** `wake`: a peer was just seen to fail, and what failed there may have to be left here, too. */
export function lookers(
  { node, peer }: AgentConfig,
  { host, clock }: World,
  wake: () => void,
  clusters: () => readonly Cluster[],
  door: PeerDoor,
): Outside {
  const { addresses, knock } = host
  const { answer, saw } = createAnswerer({
    ...{ node, clock, peerPort: peer.port, clusters, addresses, knock },
  })
  let hub: AskHubToLook = async () => undefined
  return {
    ask: createAsk({ host, node, door, hub: (keys, timeoutMs) => hub(keys, timeoutMs) }),
    useHub: (ask) => {
      hub = ask
    },
    hear: askersOf(host, door).ask,
    saw,
    answer: async (from, keys) => {
      const asked = await answer(from, keys)
      if (saw(from, JUST_MS) === 'worse') wake()
      return asked
    },
  }
}
