// HA032: a server is on a node of the cluster or at an address, not both, not neither.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const serverPlace: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) =>
    entries(pool.servers).flatMap(([server, { node, address }]) => {
      if ((node === undefined) !== (address === undefined)) return []
      const what = node === undefined ? 'it has neither node nor address' : 'it has two places'
      const keys = ['pools', name, 'servers', server]
      const message = `cannot find server ${server}: ${what}`
      return [error('HA032', keys, message, 'give it either "node" or "address"')]
    }),
  )
