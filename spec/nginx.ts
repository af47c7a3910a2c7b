// What the rules about nginx share: which proxies it serves, and which pools stand behind them.
import { entries } from './maps.ts'
import type { Pool } from './pool.ts'
import type { ProxySection } from './proxy.ts'
import { poolsOf } from './resolve.ts'
import type { Spec } from './schema.ts'

type Named<T> = readonly (readonly [string, T])[]

const engineOf = (proxy: ProxySection): 'haproxy' | 'nginx' => proxy.engine ?? 'haproxy'

export const nginxProxies = (spec: Spec): Named<ProxySection> =>
  entries(spec.proxies).filter(([, proxy]) => engineOf(proxy) === 'nginx')

/** Pools that at least one proxy of this engine can send to. */
export function poolsBehind(spec: Spec, engine: 'haproxy' | 'nginx'): Named<Pool> {
  const used = new Set(
    entries(spec.proxies).flatMap(([, proxy]) =>
      engineOf(proxy) === engine ? poolsOf(proxy) : [],
    ),
  )
  return entries(spec.pools).filter(([name]) => used.has(name))
}

/** Balances that nginx does by a hash, which takes no backup servers; `random` takes none either. */
export const refusesBackups = ({ balance = 'roundrobin', stick }: Pool): boolean =>
  stick?.by === 'source' || ['source', 'uri', 'hdr', 'url_param', 'random'].includes(balance)
