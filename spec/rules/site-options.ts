// HA150: sites are nginx's, each name is of one of them, and nothing of the listener speaks for them.
import type { Diagnostic } from '../diagnostic.ts'
import { entries } from '../maps.ts'
import type { ProxySection } from '../proxy.ts'
import { error, type Rule } from './rule.ts'

/** What the lines of a site say instead. */
const UNUSED = [
  ...['tls', 'pool', 'routes', 'split', 'maxconn', 'timeouts', 'retries', 'retryOn'],
  ...['redispatch', 'forwardedFor', 'extra'],
] as const

export const siteOptions: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    if (proxy.sites === undefined) return []
    const at = ['proxies', name]
    if (proxy.engine !== 'nginx') {
      const message = `cannot have sites in proxy ${name}: they are server blocks of nginx`
      return [error('HA150', [...at, 'sites'], message, 'set "engine" to nginx')]
    }
    const unused = UNUSED.filter((key) => proxy[key] !== undefined).map((key) => {
      const message = `cannot use ${key} beside sites: their lines say it`
      return error('HA150', [...at, key], message, 'leave it out, or write routes instead of sites')
    })
    return [...unused, ...namesOf(proxy, [...at, 'sites'])]
  })

function namesOf({ sites, mode }: ProxySection, at: readonly string[]): readonly Diagnostic[] {
  const all = entries(sites)
  const taken = new Map<string, string>()
  const twice = all.flatMap(([site, { names = [] }]) =>
    names.flatMap((name, index) => {
      const first = taken.get(name.toLowerCase())
      if (first === undefined) {
        taken.set(name.toLowerCase(), site)
        return []
      }
      const message = `cannot give the name "${name}" to two sites: ${first} has it`
      const hint = 'nginx would never ask the second one'
      return [error('HA150', [...at, site, 'names', index], message, hint)]
    }),
  )
  const defaults = all.filter(([, site]) => site.default === true)
  const [, second] = defaults
  const more =
    second === undefined
      ? []
      : [
          error(
            'HA150',
            [...at, second[0], 'default'],
            'cannot have two default sites',
            'one of them takes what no other has',
          ),
        ]
  const tcp =
    mode === 'tcp' && all.length > 1
      ? [error('HA150', [...at], 'cannot have two sites in mode tcp', 'nothing tells them apart')]
      : []
  return [...twice, ...more, ...tcp]
}
