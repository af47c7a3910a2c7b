// HA035: a pool without a proxy is never used.
import { entries } from '../maps.ts'
import { poolsOf } from '../resolve.ts'
import { type Rule, warning } from './rule.ts'

export const poolUsed: Rule = (spec) => {
  const used = new Set(entries(spec.proxies).flatMap(([, proxy]) => poolsOf(proxy)))
  return entries(spec.pools).flatMap(([name]) =>
    used.has(name)
      ? []
      : [
          warning(
            'HA035',
            ['pools', name],
            `no proxy uses pool ${name}`,
            'route to it or remove it',
          ),
        ],
  )
}
