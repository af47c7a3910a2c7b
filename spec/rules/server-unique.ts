// HA038: two servers at one address and port are one server with twice the weight.
import { NODE_PREFIX, parseAddress, parseNet } from '../address.ts'
import { entries, member } from '../maps.ts'
import type { Server } from '../pool.ts'
import type { Spec } from '../schema.ts'
import { type Rule, warning } from './rule.ts'

export const serverUnique: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) => {
    const owners = new Map<string, string>()
    return entries(pool.servers).flatMap(([server, value]) => {
      const address = serverAddress(spec, value)
      const at = `${address} port ${value.port}`
      const owner = owners.get(at)
      owners.set(at, owner ?? server)
      if (owner === undefined || address === undefined) return []
      const message = `servers ${owner} and ${server} are both ${at}`
      const keys = ['pools', name, 'servers', server]
      return [warning('HA038', keys, message, 'remove one, or use weight to give it more')]
    })
  })

/** Literal address or host name of a server; undefined where the spec does not say. */
export function serverAddress(spec: Spec, { node, address }: Server): string | undefined {
  if (address !== undefined) return parseAddress(address)?.address ?? address.toLowerCase()
  const text = member(spec.nodes, node)?.address
  return text === undefined ? undefined : parseNet(text, NODE_PREFIX)?.address
}
