// Whether an address lies where a rule says, for both kinds of rules.
import { contains, HOST_PREFIX, parseNet } from '../../../spec/address.ts'
import type { Tri } from './packet.ts'

/** undefined when either side is not known: a client may come from anywhere. */
export function addressIn(net: string, address: string | undefined): Tri {
  if (/^(?:0\.0\.0\.0|::)\/0$/.test(net)) return true
  if (address === undefined) return undefined
  const outer = parseNet(net, HOST_PREFIX)
  const one = parseNet(address, HOST_PREFIX)
  if (outer === undefined || one === undefined) return undefined
  return contains(outer, one)
}
