// HA024: a vip that nothing uses moves, but nothing answers on it.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const vipUsed: Rule = (spec) => {
  const used = [...entries(spec.proxies), ...entries(spec.lvs), ...entries(spec.exports)].map(
    ([, user]) => user.vip,
  )
  // The gateway of real servers: it moves along with the vip that is used.
  const gateway = (group: string | undefined) =>
    group !== undefined &&
    entries(spec.vips).some(([name, vip]) => vip.group === group && used.includes(name))
  return entries(spec.vips).flatMap(([name, vip]) =>
    used.includes(name) || gateway(vip.group)
      ? []
      : [warning('HA024', ['vips', name], `nothing uses vip ${name}`, 'name it in a proxy or lvs')],
  )
}
