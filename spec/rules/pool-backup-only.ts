// HA033: backup servers stand in for others; where there are no others, only the first one works.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const poolBackupOnly: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) => {
    const servers = Object.values(pool.servers)
    if (servers.length === 0 || servers.some((server) => !server.backup)) return []
    const message = `pool ${name} has only backup servers: haproxy uses the first alone`
    return [warning('HA033', ['pools', name, 'servers'], message, 'leave backup out of one')]
  })
