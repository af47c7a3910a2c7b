// HA042: keepalived sends unicast adverts in the family of the addresses they are for.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { entries, member } from '../maps.ts'
import { nodeNets } from '../vrid.ts'
import { error, type Rule } from './rule.ts'

export const vipFamilyPeers: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) => {
    if (vip.mode === 'multicast') return []
    return vip.addresses.flatMap((text, at) => {
      const family = parseNet(text, HOST_PREFIX)?.family
      const lost = Object.keys(vip.peers).find((node) => {
        const found = member(spec.nodes, node)
        return found !== undefined && !nodeNets(found).some((net) => net.family === family)
      })
      if (lost === undefined || family === undefined) return []
      const message = `cannot send adverts for ${text}: node ${lost} has no IPv${family} address`
      const hint = `give the node a link with one, or use "mode": "multicast"`
      return [error('HA042', ['vips', name, 'addresses', at], message, hint)]
    })
  })
