// HA051: DR rewrites only the MAC: director and real server must be neighbours.
import { contains, isUsableAddress } from '../address.ts'
import { netsOfNode, servicesOf } from '../lvs-services.ts'
import { error, type Rule, warning } from './rule.ts'

export const lvsSubnet: Rule = (spec) =>
  servicesOf(spec).flatMap(({ method, directors, servers, sorry }) =>
    method !== 'dr'
      ? []
      : [...servers, ...sorry].flatMap(({ name, keys, nets, real }) => {
          const far = directors.find((director) =>
            nets.some((net) => !netsOfNode(spec, director).some((own) => contains(own, net))),
          )
          if (far === undefined) return []
          // What is no address of a host is HA047's.
          if (nets.some((net) => !isUsableAddress(net.address, net.family))) return []
          const at = [...keys, real.node === undefined ? 'address' : 'node']
          const where = `${name} is in no subnet of director ${far}, and dr does not cross a router`
          const hint = 'use an address of their common subnet, or "method": "tun"'
          return [
            real.node === undefined
              ? warning('HA051', at, where, hint)
              : error('HA051', at, `cannot reach ${name}: ${where}`, hint),
          ]
        }),
  )
