// Several hosts become one cluster: what is the same on two hosts is one thing, what differs gets the host's name.
import type { Decision, ProxyDraft, Sections, VerbatimDraft } from './types.ts'
import { freeName } from './words.ts'

/** Adds what one host's proxy file says; equal proxies and pools of another host are the same ones. */
export function joinHosts(
  into: Sections,
  own: Sections,
  node: string,
  decide: (where: Decision['where'], what: string) => undefined,
): undefined {
  const renamed = new Map<string, string>()
  for (const [name, pool] of Object.entries(own.pools)) {
    const there = into.pools[name]
    if (there !== undefined && JSON.stringify(there) === JSON.stringify(pool)) continue
    const free = freeName(there === undefined ? name : tailed(name, node), {
      has: (one) => Object.hasOwn(into.pools, one),
    })
    if (free !== name) renamed.set(name, free)
    if (there !== undefined)
      decide(
        `/pools/${free}`,
        `pool ${name} of ${node} differs from that of another host: is that wanted?`,
      )
    into.pools[free] = pool
  }
  for (const [name, draft] of Object.entries(own.proxies)) {
    const proxy = repointed(draft, renamed)
    const there = into.proxies[name]
    const bare = (one: ProxyDraft) => JSON.stringify({ ...one, nodes: [] })
    if (there !== undefined && bare(there) === bare(proxy)) {
      there.nodes = [...new Set([...(there.nodes ?? []), node])]
      continue
    }
    const free = freeName(there === undefined ? name : tailed(name, node), {
      has: (one) => Object.hasOwn(into.proxies, one),
    })
    if (there !== undefined)
      decide(
        `/proxies/${free}`,
        `proxy ${name} of ${node} differs from that of another host: is that wanted?`,
      )
    into.proxies[free] = proxy
  }
  joinVerbatim(into, own, node)
  if (into.stats === undefined && own.stats !== undefined) into.stats = own.stats
  if (into.logs === undefined && own.logs !== undefined) into.logs = own.logs
}

/** Text of a program is each host's own; the same text is one with several nodes. */
function joinVerbatim(into: Sections, own: Sections, node: string): undefined {
  for (const [name, draft] of Object.entries(own.verbatim)) {
    const bare = (one: VerbatimDraft) => JSON.stringify({ ...one, nodes: [] })
    const same = Object.values(into.verbatim).find((one) => bare(one) === bare(draft))
    if (same !== undefined) {
      same.nodes = [...new Set([...(same.nodes ?? []), node])]
      continue
    }
    const has = (one: string) => Object.hasOwn(into.verbatim, one)
    into.verbatim[freeName(has(name) ? tailed(name, node) : name, { has })] = draft
  }
}

const tailed = (name: string, node: string): string =>
  `${name.slice(0, 15)}-${node.slice(0, 15)}`.replace(/-+$/, '')

function repointed(proxy: ProxyDraft, renamed: ReadonlyMap<string, string>): ProxyDraft {
  const of = (pool: string) => renamed.get(pool) ?? pool
  const { pool, routes, split, extra, sites, pools } = proxy
  const inSite = (line: string) =>
    line.replace(
      /^(\s*[a-z]+_pass (?:[a-z]+:\/\/)?)([a-z][a-z0-9-]*)(?=[/;])/,
      (_, head: string, name: string) => `${head}${of(name)}`,
    )
  return {
    ...proxy,
    ...(pool !== undefined && { pool: of(pool) }),
    ...(routes !== undefined && {
      routes: routes.map((route) => ({ ...route, pool: of(route.pool) })),
    }),
    ...(split !== undefined && { split: { ...split, pool: of(String(split['pool'])) } }),
    ...(pools !== undefined && { pools: pools.map(of) }),
    ...(sites !== undefined && {
      sites: Object.fromEntries(
        Object.entries(sites).map(([name, site]) => [
          name,
          { ...site, lines: site.lines.map(inSite) },
        ]),
      ),
    }),
    ...(extra !== undefined && {
      extra: extra.map((line) =>
        line.replace(/^use_backend (\S+)/, (_, name: string) => `use_backend ${of(name)}`),
      ),
    }),
  }
}

const bare = (text: string): string => text.split('/')[0] ?? ''

/**
 * A proxy whose hosts hold a vip stands behind it: the one it binds to, else, for every address, the first one with just
 * those peers.
 */
export function placeProxies({ vips, proxies }: Sections): undefined {
  const all = Object.entries(vips)
  for (const proxy of Object.values(proxies)) {
    const nodes = [...(proxy.nodes ?? [])].sort().join()
    const bound = all.find(([, vip]) =>
      (proxy.addresses ?? []).every((one) => vip.addresses.some((text) => bare(text) === one)),
    )
    const peers = (peersOf: readonly string[]) => [...peersOf].sort().join() === nodes
    const fits = bound !== undefined && peers(Object.keys(bound[1].peers)) ? bound : undefined
    const found =
      proxy.addresses === undefined ? all.find(([, vip]) => peers(Object.keys(vip.peers))) : fits
    if (found === undefined) continue
    proxy.vip = found[0]
    delete proxy.nodes
    const whole = proxy.addresses?.length === found[1].addresses.length
    if (!whole) continue
    proxy.bind = 'vip'
    delete proxy.addresses
  }
}
