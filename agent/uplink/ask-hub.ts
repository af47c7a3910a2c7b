// Questions of this node to the hub over the line that is open: what the hub sees of the node's listeners from where it is.
import type { Verified } from '../../spec/protocol.ts'
import type { Clock, Random } from '../world.ts'

/** The pass asks one thing at a time; what is left over was never answered. */
const WAITING_MAX = 4

export type AskHub = {
  /** undefined without an answer in time. `send` puts a frame on the line. */
  verify(
    send: (frame: string) => void,
    keys: readonly string[],
    timeoutMs: number,
  ): Promise<Verified['answers'] | undefined>
  answered(message: Verified): void
}

export function createAskHub(clock: Clock, random: Random): AskHub {
  const waiting = new Map<string, (answers: Verified['answers']) => void>()
  return {
    async verify(send, keys, timeoutMs) {
      if (waiting.size >= WAITING_MAX) return undefined
      const id = random.id()
      const over = new AbortController()
      const late = clock.sleep(timeoutMs, over.signal).then(
        () => undefined,
        () => undefined,
      )
      try {
        const answer = new Promise<Verified['answers']>((take) => waiting.set(id, take))
        send(JSON.stringify({ type: 'verify', id, keys }))
        return await Promise.race([answer, late])
      } finally {
        over.abort()
        waiting.delete(id)
      }
    },
    answered: ({ id, answers }) => waiting.get(id)?.(answers),
  }
}
