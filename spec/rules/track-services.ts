// HA065: a vip that follows a service which a peer does not have never stays there.
import { entries, member } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const trackServices: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) =>
    (vip.trackServices ?? []).flatMap((service, at) => {
      const nodes = member(spec.services, service)?.nodes
      const without = Object.keys(vip.peers).filter((node) => nodes?.includes(node) === false)
      if (without.length === 0) return []
      const message = `service ${service} does not run on ${without.sort().join(', ')}, which may hold the vip`
      const keys = ['vips', name, 'trackServices', at]
      return [warning('HA065', keys, message, 'run the service on every peer of the vip')]
    }),
  )
