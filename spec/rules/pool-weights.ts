// HA034: someone takes new traffic.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const poolWeights: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) => {
    const servers = Object.values(pool.servers)
    const open = servers.some(
      ({ weight, state }) => weight !== 0 && (state === undefined || state === 'ready'),
    )
    if (servers.length === 0 || open) return []
    const message = `no server of pool ${name} takes new traffic: each has weight 0, drain or maint`
    return [warning('HA034', ['pools', name, 'servers'], message, 'let one be ready with a weight')]
  })
