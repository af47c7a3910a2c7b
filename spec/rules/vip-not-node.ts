// HA013: a vip is an address that no node has for itself; keepalived would remove it on failover.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { nodeNets } from '../vrid.ts'
import { error, type Rule } from './rule.ts'

export const vipNotNode: Rule = (spec) => {
  const owners = new Map(
    entries(spec.nodes).flatMap(([name, node]) =>
      nodeNets(node).map((net) => [net.address, name] as const),
    ),
  )
  return entries(spec.vips).flatMap(([name, vip]) =>
    vip.addresses.flatMap((text, at) => {
      const owner = owners.get(parseNet(text, HOST_PREFIX)?.address ?? '')
      if (owner === undefined) return []
      const message = `cannot use ${text} as a vip: it is the own address of node ${owner}`
      return [error('HA013', ['vips', name, 'addresses', at], message, 'choose a free address')]
    }),
  )
}
