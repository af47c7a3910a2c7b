// HA050: an address of the vip is balanced to servers of its own family.
import type { Family } from '../cluster.ts'
import { member } from '../maps.ts'
import { type Server, servicesOf } from '../lvs-services.ts'
import { error, type Rule, warning } from './rule.ts'

export const lvsFamily: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, nets, servers, sorry }) => {
    const families = [...new Set(nets.map(({ family }) => family))]
    // A server whose place is unknown is HA011's and HA047's.
    const isPlaced = ({ nets: own, real }: Server) =>
      own.length > 0 || member(spec.nodes, real.node) !== undefined
    const placed = servers.filter(isPlaced)
    return families.flatMap((family) => {
      const without = [...placed, ...sorry.filter(isPlaced)].filter(
        (server) => !server.nets.some((net) => net.family === family),
      )
      if (placed.length > 0 && placed.every((server) => without.includes(server))) {
        const message = `cannot balance the IPv${family} address of ${name}: no server has one of that family`
        return [error('HA050', ['lvs', name, 'servers'], message, hintOf(family))]
      }
      return without.map(({ name: server, keys }) =>
        warning(
          'HA050',
          keys,
          `${server} has no IPv${family} address: it gets no clients of that family`,
          hintOf(family),
        ),
      )
    })
  })

const hintOf = (family: Family): string =>
  `give the node a link with an IPv${family} address, or the vip no address of that family`
