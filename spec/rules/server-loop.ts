// HA044: a proxy whose server is its own listener sends every request round and round.
import { entries, member } from '../maps.ts'
import { nodesOf, poolsOf } from '../resolve.ts'
import { nodeNets } from '../vrid.ts'
import { error, type Rule } from './rule.ts'
import { serverAddress } from './server-unique.ts'

export const serverLoop: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    if (proxy.addresses !== undefined || proxy.bind === 'vip') return []
    const own = new Set(
      nodesOf(spec, proxy).flatMap((node) =>
        nodeNets(member(spec.nodes, node) ?? { address: '' }).map((net) => net.address),
      ),
    )
    return poolsOf(proxy).flatMap((poolName) =>
      entries(member(spec.pools, poolName)?.servers).flatMap(([server, value]) => {
        if (value.port !== proxy.port || !own.has(serverAddress(spec, value) ?? '')) return []
        const keys = ['pools', poolName, 'servers', server, 'port']
        const message = `cannot send to port ${value.port} here: proxy ${name} itself listens there`
        const hint = 'let the server use another port, or the proxy "bind": "vip"'
        return [error('HA044', keys, message, hint)]
      }),
    )
  })
