// What an instance says of its host: interfaces, the address that adverts leave from, and the peers that it knows.
import { netAddress, parseAddress, parseNet } from '../address.ts'
import type { Address } from './keepalived-address.ts'
import { type Host, lose } from './keepalived-keep.ts'
import type { Block } from './keepalived-text.ts'
import type { NodeDraft, Sections, VipDraft } from './types.ts'
import { freeName, nameOf } from './words.ts'

const INTERFACE = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/

export function readNode(
  block: Block,
  name: string,
  vip: VipDraft,
  addresses: readonly Address[],
  host: Host,
): undefined {
  const { node, imp } = host
  const of = (key: string) => block.children.find(({ words }) => words[0] === key)
  const draft: NodeDraft = imp.sections.nodes[node] ?? {}
  imp.sections.nodes[node] = draft
  const line = of('interface')
  const device = INTERFACE.test(line?.words[1] ?? '') ? (line?.words[1] ?? '') : undefined
  if (line !== undefined && device === undefined) lose(line, 'it is no name of an interface', imp)
  else if (line !== undefined) imp.say(line.directive, 'modelled')
  const source = of('unicast_src_ip') ?? of('mcast_src_ip')
  const own = parseAddress((source?.words[1] ?? '').split('/')[0] ?? '')
  const net = own === undefined ? undefined : netOf(own, addresses)
  if (draft.interface === undefined && device !== undefined) draft.interface = device
  const peer = vip.peers[node]
  if (device !== undefined && device !== draft.interface) {
    if (peer !== undefined) peer.interface = device
    if (net !== undefined) addLink(draft, device, net)
  } else if (net !== undefined) draft.address ??= net
  const unicast = of('unicast_src_ip')
  if (unicast !== undefined && own !== undefined) imp.say(unicast.directive, 'modelled')
  else if (unicast !== undefined) lose(unicast, 'it is no address', imp)
  readPeers(block, name, net, host)
}

function addLink(draft: NodeDraft, device: string, address: string): undefined {
  const links = draft.links ?? {}
  if (Object.values(links).some((link) => link.address === address)) return
  const name = freeName(nameOf(device, 'link'), { has: (one) => Object.hasOwn(links, one) })
  draft.links = { ...links, [name]: { address, interface: device } }
}

type Bare = { readonly address: string; readonly family: 4 | 6 }

/** The vip's prefix is the segment's where both lie in it. */
function netOf(own: Bare, addresses: readonly Address[]): string {
  const net = addresses
    .flatMap(({ text }) => parseNet(text, { 4: 32, 6: 128 }) ?? [])
    .find(
      (one) =>
        one.family === own.family &&
        one.prefix < (one.family === 4 ? 32 : 128) &&
        netAddress(one) === netAddress({ ...one, address: own.address }),
    )
  return net === undefined ? own.address : `${own.address}/${net.prefix}`
}

/** Peers wait until all files are read: most of them are hosts whose file is read as well. */
function readPeers(block: Block, name: string, net: string | undefined, host: Host): undefined {
  const { imp, node } = host
  for (const one of block.children) {
    if (one.words[0] !== 'unicast_peer') continue
    imp.say(one.directive, 'modelled')
    for (const [at, child] of one.children.entries()) {
      const peer = parseAddress(child.words[0] ?? '')
      if (peer === undefined) lose(child, 'it is no address', imp)
      else {
        if (child.words.length > 1)
          lose(child, `it is without "${child.words.slice(1).join(' ')}"`, imp)
        else imp.say(child.directive, 'modelled')
        const prefix = net?.split('/')[1]
        const address = prefix === undefined ? peer.address : `${peer.address}/${prefix}`
        imp.sections.unicast.push({ vip: name, node, at, address })
      }
    }
  }
}

const bare = (text: string): string => text.split('/')[0] ?? ''
/** Below or above the host that knows it; a person says the true one. */
const PRIORITY_STEP = 50

type Decide = (where: string, what: string) => undefined

/**
 * A peer that no file is of becomes a node, so that the vip keeps its peers; what it is and has is asked. The first peer of
 * one instance is taken for the same host as that of the next, as it is in a pair.
 */
export function placePeers({ nodes, vips, unicast }: Sections, decide: Decide): undefined {
  const made = new Map<string, string>()
  for (const { vip: name, node, at, address } of unicast) {
    const vip = vips[name]
    const own = vip?.peers[node]
    if (vip === undefined || own === undefined) continue
    const there = nodeAt(nodes, address)
    if (there !== undefined && vip.peers[there] !== undefined) continue
    const said = unicast.filter((one) => one.vip === name && one.node === node)
    // As many hosts as there should be, but some without an address in their files.
    if (there === undefined && Object.keys(vip.peers).length > said.length) continue
    const peer = there ?? made.get(`${node} ${at}`) ?? newName(address, nodes)
    made.set(`${node} ${at}`, peer)
    placeAddress(nodes, peer, address, own.interface ?? nodes[node]?.interface)
    const below = own.priority - PRIORITY_STEP
    vip.peers[peer] = {
      priority: below > 0 ? below : own.priority + PRIORITY_STEP,
      ...(own.interface !== undefined && { interface: own.interface }),
    }
    decide(
      `/vips/${name}/peers/${peer}`,
      `no file is of unicast_peer ${bare(address)}: which host is it, and what is its priority there?`,
    )
  }
}

const newName = (address: string, nodes: Sections['nodes']): string =>
  freeName(nameOf(`peer-${bare(address)}`, 'peer'), { has: (one) => Object.hasOwn(nodes, one) })

const nodeAt = (nodes: Sections['nodes'], address: string): string | undefined =>
  Object.entries(nodes).find(([, { address: main = '', links = {} }]) =>
    [main, ...Object.values(links).map((link) => link.address)].some(
      (text) => bare(text) === bare(address),
    ),
  )?.[0]

function placeAddress(
  nodes: Sections['nodes'],
  peer: string,
  address: string,
  device: string | undefined,
): undefined {
  const draft = nodes[peer]
  if (draft === undefined)
    nodes[peer] = { address, ...(device !== undefined && { interface: device }) }
  else if (nodeAt({ peer: draft }, address) === undefined && device !== undefined)
    addLink(draft, device, address)
}
