// HA049: a director that is a real server of its own service balances what another director sent it once more (keepalived#2450).
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule, warning } from './rule.ts'

export const lvsSelf: Rule = (spec) =>
  servicesOf(spec).flatMap(({ method, directors, servers, sorry }) =>
    [...servers, ...sorry].flatMap(({ name, keys, real }) => {
      if (real.node === undefined || !directors.includes(real.node)) return []
      const at = [...keys, 'node']
      if (method !== 'nat') {
        const message = `cannot use director ${real.node} as ${name}: as backup it would balance again what it is sent`
        const hint = 'let it run on a node that is no director, or use "method": "nat"'
        return [error('HA049', at, message, hint)]
      }
      const message = `director ${real.node} is ${name}: while another director holds the vip its answers must go back through that one`
      return [warning('HA049', at, message, 'let it run on a node that is no director')]
    }),
  )
