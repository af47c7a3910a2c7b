// HA028: a server or check behind the vip itself is healthy only while it already works.
import { HOST_PREFIX, parseAddress, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const vipCircular: Rule = (spec) => {
  const owners = new Map(
    entries(spec.vips).flatMap(([name, vip]) =>
      vip.addresses.map((text) => [parseNet(text, HOST_PREFIX)?.address ?? text, name] as const),
    ),
  )
  const find = (keys: readonly string[], text: string | undefined) => {
    const owner = owners.get(parseAddress(text ?? '')?.address ?? '')
    if (owner === undefined) return []
    const message = `cannot reach ${text} through vip ${owner}: it would depend on itself`
    return [error('HA028', keys, message, "use the server's own address")]
  }
  return entries(spec.pools).flatMap(([name, pool]) => [
    ...entries(pool.servers).flatMap(([server, { address }]) =>
      find(['pools', name, 'servers', server, 'address'], address),
    ),
    ...find(['pools', name, 'check', 'host'], pool.check?.host),
  ])
}
