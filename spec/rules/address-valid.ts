// Addresses are literals that a host can have. The schema only sees their letters.
import { HOST_PREFIX, isUsableAddress, NODE_PREFIX, parseAddress, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

type Found = { readonly keys: readonly (string | number)[]; readonly text: string }

const CODE = 'HA010'
const HINT = 'an IPv4 or IPv6 address, for instance 192.0.2.10/24 or 2001:db8::10/64'

export const addressValid: Rule = (spec) => {
  const nodes = entries(spec.nodes).flatMap(([name, node]): Found[] => [
    { keys: ['nodes', name, 'address'], text: node.address },
    ...entries(node.links).map(([link, { address }]) => ({
      keys: ['nodes', name, 'links', link, 'address'],
      text: address,
    })),
  ])
  const vips = entries(spec.vips).flatMap(([name, vip]) =>
    vip.addresses.map((text, at): Found => ({ keys: ['vips', name, 'addresses', at], text })),
  )
  const bad = [
    ...nodes.filter(({ text }) => !usable(text, NODE_PREFIX)),
    ...vips.filter(({ text }) => !usable(text, HOST_PREFIX)),
    ...listens(spec).filter(({ text }) => parseAddress(text) === undefined),
  ]
  return bad.map(({ keys, text }) =>
    error(CODE, keys, `cannot use ${text} as an address of a host`, HINT),
  )
}

const listens = (spec: Parameters<Rule>[0]): readonly Found[] =>
  entries(spec.proxies).flatMap(([name, proxy]) =>
    (proxy.addresses ?? []).map((text, at) => ({ keys: ['proxies', name, 'addresses', at], text })),
  )

function usable(text: string, prefix: typeof NODE_PREFIX): boolean {
  const net = parseNet(text, prefix)
  return net !== undefined && isUsableAddress(net.address, net.family)
}
