// What the other peers of my vips say of themselves, asked directly: no hub is needed for the rolling order.
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { bearer, type Secret } from '../spec/secret.ts'
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import { APPLYING_HEADER, NODE_HEADER, Summary } from '../spec/report.ts'
import type { Identity } from './identity.ts'
import type { Host } from './world.ts'

const summary = TypeCompiler.Compile(Summary)
const PEER_TIMEOUT_MS = 300

export type Peers = {
  /** Asks all of them at once, bounded; who does not answer in time is missing from the map. */
  refresh(cluster: Cluster, node: string, applying?: string): Promise<ReadonlyMap<string, Summary>>
  /** What the last refresh found. */
  latest(): ReadonlyMap<string, Summary>
}

/** Where peers listen, and how this node shows who it is. */
export type PeerDoor = {
  readonly port: number
  readonly token: Secret
  /** Absent: by the token that is shared alone. */
  readonly identity?: Pick<Identity, 'towards'>
}

/** One question to a peer: by certificate where both have one, else in plain with the shared token; see TRUST.md. */
export function askPeer(
  host: Pick<Host, 'get'>,
  { port, token, identity }: PeerDoor,
  to: { readonly name: string; readonly address: string; readonly path: string },
  said: Readonly<Record<string, string>>,
  timeoutMs: number,
): ReturnType<Host['get']> {
  const { name, address, path } = to
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}${path}`
  const tls = identity?.towards(name)
  // The token is for those who have nothing better: it is not shown to others.
  if (tls !== undefined) return host.get(`https://${at}`, said, timeoutMs, tls)
  return host.get(`http://${at}`, { authorization: bearer(token), ...said }, timeoutMs)
}

export function createPeers(host: Host, options: PeerDoor): Peers {
  let latest: ReadonlyMap<string, Summary> = new Map()
  return {
    latest: () => latest,
    refresh: async (cluster, node, applying = '') => {
      const said = { [NODE_HEADER]: node, [APPLYING_HEADER]: applying }
      latest = await askNodes(host, options, peerAddresses(cluster, node), said)
      return latest
    },
  }
}

export type PeerPlace = { readonly name: string; readonly addresses: readonly string[] }

/**
 * Asks all of them at once, each over all its addresses: a second link answers when a segment is cut. Who does not
 * answer within PEER_TIMEOUT_MS is missing.
 */
export async function askNodes(
  host: Pick<Host, 'get'>,
  options: PeerDoor,
  nodes: readonly PeerPlace[],
  said: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, Summary>> {
  const found = new Map<string, Summary>()
  const ask = async (name: string, address: string): Promise<Summary> => {
    const to = { name, address, path: '/v1/peer' }
    const answer = await askPeer(host, options, to, said, PEER_TIMEOUT_MS)
    const value = answer.status === 200 ? parse(answer.body) : undefined
    if (value?.node !== name) throw new Error(`no answer of ${name}`)
    return value
  }
  await Promise.all(
    nodes.map(async ({ name, addresses }) => {
      // Silence on every address is an answer too: the name is missing.
      const first = Promise.any(addresses.map((address) => ask(name, address)))
      const value = await first.catch(() => undefined)
      if (value !== undefined) found.set(name, value)
    }),
  )
  return found
}

/** Questions beside the pass's own: over every address of some nodes, or over the one in a vip's own network alone. */
export const askersOf = (host: Pick<Host, 'get'>, options: PeerDoor) => ({
  ask: (cluster: Cluster, names: readonly string[]) =>
    askNodes(host, options, placesOf(cluster, names)),
  askNear: async (vip: ClusterVip, name: string): Promise<boolean> => {
    const addresses = vip.peers.filter((peer) => peer.node === name).map((peer) => peer.address)
    return (await askNodes(host, options, [{ name, addresses }])).has(name)
  },
})

function parse(body: string): Summary | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return summary.Check(value) ? value : undefined
  } catch {
    // Not JSON: whoever answered is not a peer of ours.
    return undefined
  }
}

/** Peers of every vip this node takes part in, without itself, each once. */
export function peerAddresses(cluster: Cluster, node: string): readonly PeerPlace[] {
  const mine = cluster.vips.filter((v) => v.peers.some((p) => p.node === node))
  const names = new Set(mine.flatMap((vip) => vip.peers.map((peer) => peer.node)))
  names.delete(node)
  return placesOf(cluster, [...names])
}

/** Every address of these nodes, the one of a vip's own network first: it is the one that must work. */
export function placesOf(cluster: Cluster, names: readonly string[]): readonly PeerPlace[] {
  const peers = cluster.vips.flatMap((vip) => vip.peers)
  return cluster.nodes
    .filter(({ name }) => names.includes(name))
    .map(({ name, net, links }) => {
      const near = peers.filter((peer) => peer.node === name).map((peer) => peer.address)
      const far = links.map((link) => link.net.address)
      return { name, addresses: [...new Set([...near, net.address, ...far])] }
    })
}

/** vip -> node, by the peers' own kernels. */
export function heldByPeer(peers: ReadonlyMap<string, Summary>): ReadonlyMap<string, string> {
  const held = new Map<string, string>()
  for (const [node, peer] of peers) {
    for (const hold of peer.holds) {
      const vip = hold.split('/')[0]
      if (vip !== undefined) held.set(vip, node)
    }
  }
  return held
}
