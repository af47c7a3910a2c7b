// HA064: a kernel setting that another section of the spec needs otherwise.
import { entries, member } from '../maps.ts'
import { nodesOf } from '../resolve.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

type Need = {
  readonly key: RegExp
  readonly value: string
  readonly nodes: readonly string[]
  readonly why: string
}

export const sysctlDerived: Rule = (spec) => {
  const needs = needsOf(spec)
  return entries(spec.sysctl).flatMap(([key, { value, nodes }]) => {
    const here = nodes ?? Object.keys(spec.nodes)
    const need = needs.find(
      (one) =>
        one.key.test(key.replaceAll('/', '.')) &&
        one.value !== value.trim() &&
        one.nodes.some((node) => here.includes(node)),
    )
    if (need === undefined) return []
    const message = `cannot set ${key} to ${value}: ${need.why} needs ${need.value}`
    return [error('HA064', ['sysctl', key, 'value'], message, 'leave it out: hactl sets it')]
  })
}

/** A listener on a vip's address (FIELD 4.5), and both sides of LVS (FIELD 4.9). */
function needsOf(spec: Spec): readonly Need[] {
  const bound = entries(spec.proxies).filter(([, proxy]) => proxy.bind === 'vip')
  return [
    ...bound.map(
      ([name, proxy]): Need => ({
        key: /^net\.ipv[46]\.ip_nonlocal_bind$/,
        value: '1',
        nodes: nodesOf(spec, proxy),
        why: `proxy ${name}, which binds the vip,`,
      }),
    ),
    ...entries(spec.lvs).flatMap(([name, lvs]): readonly Need[] => {
      const why = `virtual service ${name}`
      if (lvs.method === 'nat') {
        const directors = Object.keys(member(spec.vips, lvs.vip)?.peers ?? {})
        return [{ key: /^net\.ipv4\.ip_forward$/, value: '1', nodes: directors, why }]
      }
      const reals = entries(lvs.servers).flatMap(([, { node }]) => node ?? [])
      return [
        { key: /^net\.ipv4\.conf\.(?:all|lo)\.arp_ignore$/, value: '1', nodes: reals, why },
        { key: /^net\.ipv4\.conf\.(?:all|lo)\.arp_announce$/, value: '2', nodes: reals, why },
      ]
    }),
  ]
}
