// HA021: a host name of a server is looked up by haproxy itself, again and again.
import { parseAddress } from '../address.ts'
import { entries } from '../maps.ts'
import { poolsBehind } from '../nginx.ts'
import { info, type Rule } from './rule.ts'

export const serverHostName: Rule = (spec) => {
  // nginx looks it up once, which is another matter: HA074.
  const nginx = new Set(poolsBehind(spec, 'nginx').map(([name]) => name))
  return entries(spec.pools).flatMap(([name, pool]) =>
    entries(pool.servers).flatMap(([server, { address }]) => {
      if (address === undefined || parseAddress(address) !== undefined || nginx.has(name)) return []
      const message = `server ${server} is found by its host name ${address}`
      const hint = 'haproxy asks the resolvers of the node; an address depends on nothing'
      return [info('HA021', ['pools', name, 'servers', server, 'address'], message, hint)]
    }),
  )
}
