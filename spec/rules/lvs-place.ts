// HA047: a real server is on a node of the cluster or at an address that a host can have, not both, not neither.
import { isUsableAddress, parseAddress } from '../address.ts'
import { type Server, servicesOf } from '../lvs-services.ts'
import { error, type Rule } from './rule.ts'

export const lvsPlace: Rule = (spec) =>
  servicesOf(spec)
    .flatMap(({ servers, sorry }) => [...servers, ...sorry])
    .flatMap((server) => {
      const why = wrong(server)
      if (why === undefined) return []
      const message = `cannot find ${server.name}: ${why}`
      return [error('HA047', server.keys, message, 'give it either "node" or "address"')]
    })

function wrong({ real: { node, address } }: Server): string | undefined {
  if (node === undefined && address === undefined) return 'it has neither node nor address'
  if (address === undefined) return undefined
  if (node !== undefined) return 'it has two places'
  const found = parseAddress(address)
  return found !== undefined && isUsableAddress(found.address, found.family)
    ? undefined
    : `${address} is no address of a host`
}
