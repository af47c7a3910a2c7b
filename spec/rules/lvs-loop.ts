// HA053: a real server or sorry server that is the virtual service itself sends packets round and round.
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule, warning } from './rule.ts'

export const lvsLoop: Rule = (spec) => {
  const services = servicesOf(spec)
  const vips = new Set(services.flatMap(({ nets }) => nets.map(({ address }) => address)))
  return services.flatMap(({ servers, sorry }) => [
    ...[...servers, ...sorry].flatMap(({ name, keys, nets }) => {
      const vip = nets.find(({ address }) => vips.has(address))
      if (vip === undefined) return []
      const message = `cannot use ${vip.address} as ${name}: it is a vip that is balanced itself`
      return [error('HA053', keys, message, 'name the machine that answers, not a vip')]
    }),
    ...sorry.flatMap(({ keys, nets, port }) => {
      const same = servers.find(
        (server) =>
          server.port === port &&
          server.nets.some((net) => nets.some(({ address }) => address === net.address)),
      )
      if (same === undefined) return []
      const message = `the sorry server is server ${same.name}: it is down exactly when it is needed`
      return [warning('HA053', keys, message, 'choose another machine or port')]
    }),
  ])
}
