// HA019: a vip outside the subnets of its peers is reached by nobody without a route of its own.
import { contains, HOST_PREFIX, parseNet } from '../address.ts'
import { entries, member } from '../maps.ts'
import { nodeNets } from '../vrid.ts'
import { type Rule, warning } from './rule.ts'

export const vipInSubnet: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) =>
    vip.addresses.flatMap((text, at) => {
      const net = parseNet(text, HOST_PREFIX)
      if (net === undefined || net.prefix !== HOST_PREFIX[net.family]) return []
      const lost = Object.keys(vip.peers).find((node) => {
        const nets = nodeNets(member(spec.nodes, node) ?? { address: '' })
        const family = nets.filter((one) => one.family === net.family)
        return family.length > 0 && !family.some((one) => contains(one, net))
      })
      if (lost === undefined) return []
      const message = `vip address ${text} is in no subnet of node ${lost}`
      const hint = 'give it a prefix of its own, or check the prefix of the node address'
      return [warning('HA019', ['vips', name, 'addresses', at], message, hint)]
    }),
  )
