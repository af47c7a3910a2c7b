// HA083: one address cannot be the way to two nodes; links may repeat one on segments that never meet.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const nodeAddressUnique: Rule = (spec) => {
  const owners = new Map<string, string>()
  return entries(spec.nodes).flatMap(([name, node]) => {
    const address = parseNet(node.address, HOST_PREFIX)?.address
    if (address === undefined) return []
    const owner = owners.get(address)
    if (owner === undefined) {
      owners.set(address, name)
      return []
    }
    const message = `cannot use ${node.address} for node ${name}: it is the address of node ${owner}`
    return [error('HA083', ['nodes', name, 'address'], message, 'give each node its own address')]
  })
}
