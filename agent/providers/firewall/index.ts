// What the node lets in. Turns the spec into one want, nothing else.
import type { Cluster } from '../../../spec/cluster.ts'
import type { Facts, Provider, WantFirewall } from '../../plan/types.ts'
import { openingsOf } from './openings.ts'

export const firewall = {
  name: 'firewall',
  compile(cluster: Cluster, facts: Facts) {
    const { manage } = cluster.firewall
    const self = cluster.nodes.find(({ name }) => name === facts.node)
    const places = self === undefined ? [] : [self, ...self.links]
    const interfaces = places.flatMap(
      (place) =>
        place.interface ??
        facts.addresses.find(({ address }) => address === place.net.address)?.interface ??
        [],
    )
    const want: WantFirewall = {
      kind: 'firewall',
      backend: facts.firewall,
      boots: facts.supervisor === 'systemd',
      manage,
      openings: manage === 'off' ? [] : openingsOf(cluster, facts.node),
      interfaces: [...new Set(interfaces)].sort(),
    }
    return { wants: [want], notes: [] }
  },
} satisfies Provider
