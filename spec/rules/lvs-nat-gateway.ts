// HA057: with NAT answers must go back through the director that holds the vip: real servers need a gateway that moves along.
import { contains, HOST_PREFIX, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { netsOfNode, servicesOf } from '../lvs-services.ts'
import { type Rule, warning } from './rule.ts'

export const lvsNatGateway: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, lvs, method, servers }) => {
    if (method !== 'nat') return []
    const group = spec.vips?.[lvs.vip]?.group
    const inner = entries(spec.vips)
      .filter(([vip, one]) => vip !== lvs.vip && group !== undefined && one.group === group)
      .flatMap(([, one]) => one.addresses.flatMap((text) => parseNet(text, HOST_PREFIX) ?? []))
    return servers.flatMap(({ name: server, keys, nets, real }) => {
      const around = real.node === undefined ? [] : netsOfNode(spec, real.node)
      const near = nets.every(
        (net) =>
          real.node === undefined ||
          inner.some((way) =>
            around.some((own) => own.family === net.family && contains(own, way)),
          ),
      )
      // Of a machine that is no node the spec does not know the network: any vip of the group may be its gateway.
      if (real.node === undefined ? inner.length > 0 : near) return []
      const message = `nothing in the spec can be the gateway of ${server}: answers must go back through the director`
      const hint = `add a vip in its network with the same "group" as vip ${lvs.vip}, and make it the default gateway of ${name}'s servers`
      return [warning('HA057', keys, message, hint)]
    })
  })
