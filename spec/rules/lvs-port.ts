// HA048: with DR and TUN the packet arrives as it was sent: keepalived silently takes the virtual port instead (FIELD 4.9).
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule } from './rule.ts'

export const lvsPort: Rule = (spec) =>
  servicesOf(spec).flatMap(({ method, lvs, servers, sorry }) =>
    method === 'nat'
      ? []
      : [...servers, ...sorry]
          .filter(({ port }) => port !== lvs.port)
          .map(({ name, keys, port }) => {
            const message = `cannot reach ${name} at port ${port}: ${method} leaves the port ${lvs.port} as it is`
            const hint = `let it listen on ${lvs.port}, or use "method": "nat"`
            return error('HA048', [...keys, 'port'], message, hint)
          }),
  )
