// HA029: in mode tcp nobody reads requests, so nothing can depend on them.
import { entries, member } from '../maps.ts'
import { poolsOf } from '../resolve.ts'
import { error, type Rule } from './rule.ts'

const HTTP_BALANCES = ['uri', 'url_param', 'hdr']

export const tcpOptions: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    if (proxy.mode !== 'tcp') return []
    const say = (keys: readonly string[], what: string) =>
      error('HA029', keys, `cannot use ${what} in mode tcp`, 'use mode http, or leave it out')
    const at = ['proxies', name]
    const own = [
      ...(proxy.routes?.length ? [say([...at, 'routes'], 'routes')] : []),
      ...(proxy.split ? [say([...at, 'split'], 'split')] : []),
      ...(proxy.verify ? [say([...at, 'verify'], 'a request to verify by')] : []),
      ...(proxy.forwardedFor ? [say([...at, 'forwardedFor'], 'forwardedFor')] : []),
    ]
    const pools = poolsOf(proxy).flatMap((poolName) => {
      const pool = member(spec.pools, poolName)
      const keys = ['pools', poolName]
      return [
        ...(pool?.stick?.by === 'cookie' ? [say([...keys, 'stick', 'by'], 'cookies')] : []),
        ...(HTTP_BALANCES.includes(pool?.balance ?? '')
          ? [say([...keys, 'balance'], `balance ${pool?.balance}`)]
          : []),
      ]
    })
    return [...own, ...pools]
  })
