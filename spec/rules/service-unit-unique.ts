// HA061: a unit of a node is one service.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const serviceUnitUnique: Rule = (spec) => {
  const all = entries(spec.services)
  const nodes = (of: readonly string[] | undefined) => of ?? Object.keys(spec.nodes)
  return all.flatMap(([name, service], at) => {
    const first = all
      .slice(0, at)
      .find(
        ([, other]) =>
          other.unit === service.unit &&
          nodes(other.nodes).some((node) => nodes(service.nodes).includes(node)),
      )
    if (first === undefined) return []
    const message = `cannot have ${service.unit} twice on one node: service ${first[0]} is the same unit`
    return [error('HA061', ['services', name, 'unit'], message, 'make one service of the two')]
  })
}
