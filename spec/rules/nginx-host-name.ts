// HA074: nginx looks a server's name up once, and does not start when nobody answers (FIELD 4.8).
import { parseAddress } from '../address.ts'
import { entries } from '../maps.ts'
import { poolsBehind } from '../nginx.ts'
import { type Rule, warning } from './rule.ts'

export const nginxHostName: Rule = (spec) =>
  poolsBehind(spec, 'nginx').flatMap(([name, pool]) =>
    entries(pool.servers).flatMap(([server, { address }]) => {
      if (address === undefined || parseAddress(address) !== undefined) return []
      const message = `server ${server} is looked up once: nginx does not start while ${address} cannot be resolved`
      const hint =
        'use an address: a boot without a name server would leave the node without a proxy'
      return [warning('HA074', ['pools', name, 'servers', server, 'address'], message, hint)]
    }),
  )
