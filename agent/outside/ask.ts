// Who is asked to look from outside: the peers of this node's vips over the wire, and the hub over its line.
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Cluster } from '../../spec/cluster.ts'
import { NODE_HEADER } from '../../spec/report.ts'
import { Asked } from '../../spec/verify.ts'
import { askPeer, type PeerDoor, peerAddresses } from '../peers.ts'
import { VERIFY_PATH } from '../uplink/peer-server.ts'
import type { Host } from '../world.ts'
import type { Outside, Said } from './index.ts'
import { HUB } from './judge.ts'

/** For the way there and back, beside the time the asker has itself. */
const WAY_MS = 300
const asked = TypeCompiler.Compile(Asked)

export type AskDeps = {
  readonly host: Pick<Host, 'get'>
  readonly node: string
  readonly door: PeerDoor
  /** undefined: there is no hub, no line to it, or no answer in time. */
  readonly hub: (
    keys: readonly string[],
    timeoutMs: number,
  ) => Promise<Asked['answers'] | undefined>
}

export function createAsk({ host, node, door, hub }: AskDeps): Outside['ask'] {
  const askAt = async (
    name: string,
    addresses: readonly string[],
    keys: readonly string[],
    timeoutMs: number,
  ): Promise<Asked | undefined> => {
    const one = async (address: string): Promise<Asked> => {
      const to = { name, address, path: `${VERIFY_PATH}?keys=${keys.join(',')}` }
      const said = { [NODE_HEADER]: node }
      const { status, body } = await askPeer(host, door, to, said, timeoutMs)
      const value = status === 200 ? parse(body) : undefined
      if (value?.node !== name) throw new Error(`no answer of ${name}`)
      return value
    }
    // Silence on every address: nobody asked.
    return Promise.any(addresses.map(one)).catch(() => undefined)
  }
  return async (cluster: Cluster, keys) => {
    const { by, timeoutMs } = cluster.rollout.verify
    const limitMs = timeoutMs + WAY_MS
    const places = by.includes('peers') ? peerAddresses(cluster, node) : []
    const [fromHub, ...fromPeers] = await Promise.all([
      by.includes('hub') ? hub(keys, limitMs).catch(() => undefined) : undefined,
      ...places.map(({ name, addresses }) => askAt(name, addresses, keys, limitMs)),
    ])
    const heard = fromPeers.flatMap((one) => (one === undefined ? [] : [said(one.node, one)]))
    // It speaks with this node now: its way there is no broken cable of its own.
    return fromHub === undefined ? heard : [...heard, said(HUB, { path: true, answers: fromHub })]
  }
}

const said = (name: string, { path, answers }: Pick<Asked, 'path' | 'answers'>): Said => ({
  name,
  path,
  answers: new Map(answers.map(({ key, answer }) => [key, answer])),
})

function parse(body: string): Asked | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return asked.Check(value) ? value : undefined
  } catch {
    // Not JSON: whoever answered is not a peer of ours.
    return undefined
  }
}
