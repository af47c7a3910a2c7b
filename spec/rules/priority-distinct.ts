// HA015: peers of a vip differ in priority: with equal ones two nodes may hold it for a moment.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const priorityDistinct: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) => {
    const owners = new Map<number, string>()
    return entries(vip.peers).flatMap(([node, { priority }]) => {
      const owner = owners.get(priority)
      owners.set(priority, owner ?? node)
      if (owner === undefined) return []
      const message = `cannot give two peers priority ${priority}: node ${owner} has it`
      const keys = ['vips', name, 'peers', node, 'priority']
      return [
        error('HA015', keys, message, 'the higher one holds the vip, for instance 150 and 100'),
      ]
    })
  })
