// HA059: vips of one group move together, so they have the same peers in the same order.
import { entries } from '../maps.ts'
import { error, type Rule, warning } from './rule.ts'

export const vipGroup: Rule = (spec) => {
  const grouped = Map.groupBy(
    entries(spec.vips).filter(([, vip]) => vip.group !== undefined),
    ([, vip]) => vip.group ?? '',
  )
  return [...grouped].flatMap(([group, vips]) => {
    const [first, ...others] = vips
    if (first === undefined) return []
    if (others.length === 0) {
      const message = `vip ${first[0]} is alone in group ${group}`
      const hint = 'give another vip the same group, or remove it'
      return [warning('HA059', ['vips', first[0], 'group'], message, hint)]
    }
    return others.flatMap(([name, vip]) => {
      if (orderOf(vip) === orderOf(first[1])) return []
      const message = `cannot move vips ${first[0]} and ${name} together: their peers or the order of these differ`
      const hint = 'same peers, and the same one with the highest priority'
      return [error('HA059', ['vips', name, 'peers'], message, hint)]
    })
  })
}

type Peers = { readonly peers: Readonly<Record<string, { readonly priority: number }>> }

const orderOf = ({ peers }: Peers): string =>
  entries(peers)
    .toSorted(([, a], [, b]) => b.priority - a.priority)
    .map(([node]) => node)
    .join(' ')
