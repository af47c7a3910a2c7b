// HA078: extra lines of a pool are words of one program.
import { poolsBehind } from '../nginx.ts'
import { error, type Rule } from './rule.ts'

export const nginxPoolExtra: Rule = (spec) => {
  const others = new Set(poolsBehind(spec, 'haproxy').map(([name]) => name))
  return poolsBehind(spec, 'nginx').flatMap(([name, { extra = [] }]) => {
    if (extra.length === 0 || !others.has(name)) return []
    const message = `cannot give extra lines to pool ${name}: haproxy and nginx both read it`
    return [error('HA078', ['pools', name, 'extra'], message, 'make a pool for each of the two')]
  })
}
