// HA024: a vip without a proxy moves, but nothing answers on it.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const vipUsed: Rule = (spec) => {
  const used = entries(spec.proxies).map(([, proxy]) => proxy.vip)
  return entries(spec.vips).flatMap(([name]) =>
    used.includes(name)
      ? []
      : [warning('HA024', ['vips', name], `no proxy uses vip ${name}`, 'name it in a proxy')],
  )
}
