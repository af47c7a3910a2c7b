// Server blocks that the spec holds written out: hactl adds where they listen, their names and, without one of theirs, the log.
import type { ClusterProxy, ClusterSite } from '../../../spec/cluster.ts'
import { headsOf } from '../../../spec/nginx-text.ts'
import type { Version } from '../../engine.ts'
import { bindsOf } from '../listen.ts'
import { has } from './profiles.ts'
import { block, endpoint, quoted, verbatim } from './words.ts'

/** Words that every server of an address may repeat; any other one is said once (ngx_http_core_module, "listen"). */
const REPEATED = new Set(['ssl', 'http2', 'proxy_protocol'])

type Options = { readonly ipv6: boolean; readonly log: readonly string[] }

/** Nothing of its own inside, so nginx's defaults are those that the block was written for. */
export const siteServers = (
  proxy: ClusterProxy,
  version: Version,
  options: Options,
): readonly (readonly string[])[] =>
  proxy.sites.map((site, at) => siteServer(proxy, site, at === 0, version, options))

function siteServer(
  proxy: ClusterProxy,
  site: ClusterSite,
  first: boolean,
  version: Version,
  { ipv6, log }: Options,
): readonly string[] {
  const h2 = proxy.listen.includes('http2')
  const words = proxy.listen
    .filter((word) => first || REPEATED.has(word))
    .filter((word) => word !== 'http2' || has(version, 'listen http2'))
  const all = [...words, ...(site.default && proxy.mode === 'http' ? ['default_server'] : [])]
  const heads = headsOf(site.lines)
  return block('server', [
    `# site ${site.name} of proxy ${proxy.name}`,
    ...bindsOf(proxy.addresses, proxy.port, ipv6).map(({ address, port }) => {
      const only = first && address.includes(':') ? ['ipv6only=on'] : []
      return `listen ${[endpoint(address, port), ...all, ...only].join(' ')};`
    }),
    ...(h2 && has(version, 'http2 on') ? ['http2 on;'] : []),
    ...(site.names.length === 0 ? [] : [`server_name ${site.names.map(quoted).join(' ')};`]),
    ...(heads.includes('access_log') ? [] : log),
    ...verbatim(site.lines),
  ])
}
