// HA022: a pool has servers; an emptied one would turn every request away.
import { entries } from '../maps.ts'
import { answersItself } from '../routes.ts'
import { error, type Rule } from './rule.ts'

export const poolServers: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) =>
    Object.keys(pool.servers).length > 0 ||
    pool.extra?.some((line) => /^server(?:-template)? /.test(line)) ||
    answersItself(pool.extra ?? [])
      ? []
      : [
          error(
            'HA022',
            ['pools', name, 'servers'],
            `cannot serve from pool ${name}: it has no servers`,
            'add a server, or remove the pool; to take a server out set its state to drain',
          ),
        ],
  )
