// HA046: a virtual service without servers refuses every client.
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule } from './rule.ts'

export const lvsServers: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, servers }) =>
    servers.length > 0
      ? []
      : [
          error(
            'HA046',
            ['lvs', name, 'servers'],
            `cannot balance ${name}: it has no servers`,
            'add a server, or remove the virtual service',
          ),
        ],
  )
