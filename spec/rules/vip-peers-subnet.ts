// HA018: unicast adverts between peers of different subnets depend on a router.
import { HOST_PREFIX, parseNet, sameSubnet } from '../address.ts'
import { entries, member } from '../maps.ts'
import { nodeNets, peerNet } from '../vrid.ts'
import { type Rule, warning } from './rule.ts'

export const vipPeersSubnet: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) => {
    const at = parseNet(vip.addresses[0] ?? '', HOST_PREFIX)
    const nets = Object.keys(vip.peers).flatMap((node) => {
      const found = member(spec.nodes, node)
      const net = found && peerNet(nodeNets(found), at)
      return net === undefined ? [] : [net]
    })
    const [first, ...others] = nets
    if (first === undefined || others.every((net) => sameSubnet(first, net))) return []
    const message = `peers of vip ${name} are in different subnets: they may not see each other`
    return [
      warning('HA018', ['vips', name, 'peers'], message, 'check prefixes of the node addresses'),
    ]
  })
