// HA098: who mounts an export of the spec is one of its clients.
import { contains, HOST_PREFIX, NODE_PREFIX, parseNet } from '../address.ts'
import { entries, member } from '../maps.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

function addressesOf(spec: Spec, node: string) {
  const one = member(spec.nodes, node)
  const texts =
    one === undefined ? [] : [one.address, ...entries(one.links).map(([, l]) => l.address)]
  return texts.flatMap((text) => parseNet(text, NODE_PREFIX) ?? [])
}

export const exportClients: Rule = (spec) =>
  entries(spec.mounts).flatMap(([name, mount]) => {
    const from = member(spec.exports, mount.export)
    if (from === undefined) return []
    const { nodes = [], networks = [], hosts = [] } = from.clients
    // Whom a name stands for is not in the spec.
    if (hosts.length > 0) return []
    return mount.nodes.flatMap((node, index) => {
      const own = addressesOf(spec, node)
      const allowed =
        own.length === 0 ||
        nodes.includes(node) ||
        networks.some((text) => {
          const net = parseNet(text, HOST_PREFIX)
          return net !== undefined && own.some((address) => contains(net, address))
        })
      if (allowed) return []
      const message = `cannot mount ${mount.export} on ${node}: it is not one of its clients`
      const hint = `add it to /exports/${mount.export}/clients/nodes`
      return [error('HA098', ['mounts', name, 'nodes', index], message, hint)]
    })
  })
