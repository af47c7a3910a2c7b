// HA014: a virtual address belongs to one vip; keepalived itself does not notice.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const vipAddressUnique: Rule = (spec) => {
  const owners = new Map<string, string>()
  return entries(spec.vips).flatMap(([name, vip]) =>
    vip.addresses.flatMap((text, at) => {
      const address = parseNet(text, HOST_PREFIX)?.address ?? text
      const owner = owners.get(address)
      owners.set(address, owner ?? name)
      if (owner === undefined) return []
      const message = `cannot use ${address} twice: vip ${owner} already has it`
      const hint = 'give each vip its own address, or merge the two'
      return [error('HA014', ['vips', name, 'addresses', at], message, hint)]
    }),
  )
}
