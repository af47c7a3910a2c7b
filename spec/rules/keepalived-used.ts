// HA114: lines for keepalived where nobody runs it, or for a group that is none.
import { entries } from '../maps.ts'
import { error, type Rule, warning } from './rule.ts'

export const keepalivedUsed: Rule = (spec) => {
  if (spec.keepalived === undefined) return []
  const vips = entries(spec.vips)
  if (vips.length === 0) {
    const message = 'cannot use section keepalived: no node is a peer of a vip'
    return [error('HA114', ['keepalived'], message, 'add the vip that these lines belong to')]
  }
  return entries(spec.keepalived.groups).flatMap(([name]) => {
    if (vips.filter(([, { group }]) => group === name).length > 1) return []
    const message = `group ${name} has less than two vips: its lines stand nowhere`
    return [warning('HA114', ['keepalived', 'groups', name], message, 'give two vips this group')]
  })
}
