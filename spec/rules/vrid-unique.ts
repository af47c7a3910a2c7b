// HA012: two vips on one segment and family share no virtual router identifier.
import { entries } from '../maps.ts'
import { segmentsOf } from '../vrid.ts'
import { error, type Rule } from './rule.ts'

export const vridUnique: Rule = (spec) => {
  const owner = new Map<string, string>()
  return entries(spec.vips).flatMap(([name, vip]) => {
    if (vip.vrid === undefined) return []
    const words = segmentsOf(spec, vip).map((segment) => `${segment} ${vip.vrid}`)
    const first = words.map((word) => owner.get(word)).find((found) => found !== undefined)
    for (const word of words) if (!owner.has(word)) owner.set(word, name)
    if (first === undefined) return []
    const message = `cannot use vrid ${vip.vrid} twice on one segment: vip ${first} has it`
    return [error('HA012', ['vips', name, 'vrid'], message, 'leave vrid out: a free one is chosen')]
  })
}
