// Fifty good specs, and the broken ones.
import type { Spec } from '../../spec/schema.ts'

const web = (spec: Spec) => {
  const proxy = spec.proxies?.['web']
  const pool = spec.pools?.['appsrvs']
  const server = pool?.servers['wp1']
  if (proxy === undefined || pool === undefined || server === undefined)
    throw new Error('the example spec is not the one this bench knows')
  return { proxy, pool, server }
}

/** The same five kinds in turn; each differs from the one before it. Changes `spec`. */
export function change(spec: Spec, turn: number): void {
  const { proxy, pool, server } = web(spec)
  const kinds = [
    () => {
      pool.servers['wp3'] = { node: 'web1', port: 8080 }
    },
    () => {
      delete pool.servers['wp3']
    },
    () => {
      server.weight = 50 + turn
    },
    () => {
      const when = { pathPrefix: [`/turn${turn}`] }
      proxy.routes = [{ name: `turn${turn}`, when, pool: 'staticsrvs' }]
    },
    () => {
      proxy.timeouts = { serverMs: 30_000 + turn }
    },
  ]
  kinds[turn % kinds.length]?.()
}

/** A port that another program of the balancers holds while broken specs are pushed. */
export const TAKEN_PORT = 8_099

/** By the name of what is wrong. */
export function brokenSpecs(good: Spec): Readonly<Record<string, string>> {
  const text = (alter: (spec: Spec) => void): string => {
    const spec = structuredClone(good)
    alter(spec)
    return JSON.stringify(spec)
  }
  const extraProxy = (port: number, tls?: { certificate: string }) => (spec: Spec) => {
    const proxy = { vip: 'web', port, pool: 'appsrvs', ...(tls === undefined ? {} : { tls }) }
    spec.proxies = { ...spec.proxies, other: proxy }
  }
  return {
    // Valid for JavaScript, so nothing of ours sees it; PCRE has no look-behind without a fixed length.
    'regex only haproxy refuses': text((spec) => {
      const when = { pathRegex: ['(?<!a+)b'] }
      web(spec).proxy.routes = [{ name: 'broken', when, pool: 'staticsrvs' }]
    }),
    'port taken by another program': text(extraProxy(TAKEN_PORT)),
    'certificate missing': text(extraProxy(8_443, { certificate: '/etc/hactl/absent.pem' })),
    'empty pool': text((spec) => {
      web(spec).pool.servers = {}
    }),
    'truncated JSON': JSON.stringify(good).slice(0, 300),
  }
}
