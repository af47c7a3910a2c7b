// HA041: a pool speaks http or tcp, as all the proxies in front of it do.
import { entries } from '../maps.ts'
import { poolsOf } from '../resolve.ts'
import { error, type Rule } from './rule.ts'

export const poolOneMode: Rule = (spec) =>
  entries(spec.pools).flatMap(([name]) => {
    const users = entries(spec.proxies).filter(([, proxy]) => poolsOf(proxy).includes(name))
    const modes = new Set(users.map(([, proxy]) => proxy.mode ?? 'http'))
    if (modes.size < 2) return []
    const message = `cannot use pool ${name} in mode http and in mode tcp`
    return [error('HA041', ['pools', name], message, 'make a second pool of the same servers')]
  })
