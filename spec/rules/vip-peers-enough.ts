// HA017: a vip needs a second peer to fail over to.
import { entries } from '../maps.ts'
import { error, type Rule, warning } from './rule.ts'

export const vipPeersEnough: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) => {
    const count = Object.keys(vip.peers).length
    if (count >= 2) return []
    const keys = ['vips', name, 'peers']
    if (count === 0)
      return [error('HA017', keys, `cannot hold vip ${name}: it has no peers`, 'add two')]
    const message = `vip ${name} has one peer: there is no failover`
    return [warning('HA017', keys, message, 'add a second peer with a lower priority')]
  })
