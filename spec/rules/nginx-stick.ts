// HA072: only the commercial nginx inserts a cookie.
import { poolsBehind } from '../nginx.ts'
import { error, type Rule } from './rule.ts'

export const nginxStick: Rule = (spec) =>
  poolsBehind(spec, 'nginx').flatMap(([name, { stick }]) => {
    if (stick?.by !== 'cookie') return []
    const message = `cannot stick by cookie in pool ${name} with nginx`
    const hint = 'use "by": "source", or engine haproxy'
    return [error('HA072', ['pools', name, 'stick', 'by'], message, hint)]
  })
