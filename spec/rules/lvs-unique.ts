// HA058: IPVS has one row for an address and port; the second server would only overwrite the first one's weight.
import { placeText } from '../address.ts'
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule } from './rule.ts'

export const lvsUnique: Rule = (spec) =>
  servicesOf(spec).flatMap(({ servers }) => {
    const owners = new Map<string, string>()
    return servers.flatMap(({ name, keys, nets, port }) => {
      const places = nets.map(({ address }) => placeText({ address, port }))
      const taken = places.find((place) => owners.has(place))
      for (const place of places) owners.set(place, owners.get(place) ?? name)
      if (taken === undefined) return []
      const message = `cannot use ${taken} twice: server ${owners.get(taken)} is there already`
      return [error('HA058', keys, message, 'remove one, or use weight to give it more')]
    })
  })
