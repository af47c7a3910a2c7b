// A frontend: where it listens, how it routes.
import type { ClusterProxy, ClusterRoute } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type { Bind } from '../../world.ts'
import { bindsOf } from '../listen.ts'
import { HEALTH_PATH } from './paths.ts'
import { has, leftOut } from './profiles.ts'
import { duration, endpoint, type Part, section, verbatim, word, words } from './words.ts'

/** haproxy's spelling; v6only keeps the IPv6 wildcard from taking the IPv4 one as well. */
export function bindLine({ address, port }: Bind, options: readonly string[] = []): string {
  const where = address === '0.0.0.0' ? `*:${port}` : endpoint(address, port)
  const only = address === '::' ? ['v6only'] : []
  return ['bind', where, ...only, ...options].join(' ')
}

type Acl = { readonly name: string; readonly test: string }

function patterns(fetch: string, flags: readonly string[], values: readonly string[]): string {
  const end = values.some((value) => value.startsWith('-')) ? ['--'] : []
  return [fetch, ...flags, ...end, words(values)].join(' ')
}

/** The Host header without its port; before 1.6 there is no way to cut it off, so both forms are listed. */
function hostTest(hosts: readonly string[], port: number, version: Version): string {
  if (has(version, 'converter field')) return patterns('req.hdr(host),field(1,:)', ['-i'], hosts)
  return patterns(
    'req.hdr(host)',
    ['-i'],
    hosts.flatMap((host) => [host, `${host}:${port}`]),
  )
}

/** ACLs of one name are alternatives in haproxy, so a route named like an earlier one (a split is one) gets a number. */
function aclPrefixes(routes: readonly ClusterRoute[]): readonly string[] {
  return routes.map(({ name }, i) => {
    const before = routes.slice(0, i).filter((route) => route.name === name).length
    return before === 0 ? name : `${name}.${before + 1}`
  })
}

function routeAcls(
  route: ClusterRoute,
  name: string,
  port: number,
  version: Version,
): readonly Acl[] {
  const { when } = route
  const flags = route.ignoreCase ? ['-i'] : []
  const acl = (kind: string, values: readonly string[] | undefined, test: () => string) =>
    values === undefined ? [] : [{ name: `${name}.${kind}`, test: test() }]
  const { pathPrefix, pathSuffix, pathRegex, host, header, method } = when
  return [
    ...acl('prefix', pathPrefix, () => patterns('path_beg', flags, pathPrefix ?? [])),
    ...acl('suffix', pathSuffix, () => patterns('path_end', flags, pathSuffix ?? [])),
    ...acl('regex', pathRegex, () => patterns('path_reg', flags, pathRegex ?? [])),
    ...acl('host', host, () => hostTest(host ?? [], port, version)),
    ...acl('method', method, () => patterns('method', [], method ?? [])),
    ...Object.entries(header ?? {}).flatMap(([key, values]) => {
      // req.hdr splits a value at commas, req.fhdr does not.
      const fetch = values.some((value) => value.includes(',')) ? 'req.fhdr' : 'req.hdr'
      const id = key.toLowerCase()
      return acl(`header.${id}`, values, () => patterns(`${fetch}(${id})`, flags, values))
    }),
  ]
}

/** First match wins, as haproxy evaluates use_backend in order; conditions side by side mean "and". */
function routing(proxy: ClusterProxy, version: Version): Part {
  const fallback = proxy.pool === undefined ? [] : [`default_backend ${proxy.pool}`]
  if (proxy.mode === 'tcp') {
    const note = `proxy ${proxy.name} has mode tcp: its routes are left out, they need HTTP`
    return { lines: fallback, notes: proxy.routes.length === 0 ? [] : [note] }
  }
  const prefixes = aclPrefixes(proxy.routes)
  const routes = proxy.routes.map((route, i) => ({
    route,
    acls: routeAcls(route, prefixes[i] ?? route.name, proxy.port, version),
  }))
  const byHost = proxy.routes.some((route) => route.when.host !== undefined)
  return {
    lines: [
      ...routes.flatMap(({ acls }) => acls.map((acl) => `acl ${acl.name} ${acl.test}`)),
      ...routes.map(
        ({ route, acls }) =>
          `use_backend ${route.pool} if ${acls.map((acl) => acl.name).join(' ')}`,
      ),
      ...fallback,
    ],
    notes: byHost && !has(version, 'converter field') ? [leftOut(version, 'converter field')] : [],
  }
}

function httpLines(proxy: ClusterProxy): readonly string[] {
  const { timeouts } = proxy
  return [
    'option httplog',
    'option http-keep-alive',
    `monitor-uri ${HEALTH_PATH}`,
    `timeout http-request ${duration(timeouts.httpRequestMs)}`,
    `timeout http-keep-alive ${duration(timeouts.keepAliveMs)}`,
    ...(proxy.forwardedFor ? ['option forwardfor except 127.0.0.0/8'] : []),
    // Only where TLS ends here; in clear text another proxy in front may have said https already.
    ...(proxy.forwardedFor && proxy.tls !== undefined
      ? ['http-request set-header X-Forwarded-Proto https']
      : []),
  ]
}

export function frontendSection(proxy: ClusterProxy, version: Version, ipv6: boolean): Part {
  const http = proxy.mode === 'http'
  const alpn = http && has(version, 'alpn h2') ? ['alpn h2,http/1.1'] : []
  const tls = proxy.tls === undefined ? [] : ['ssl', 'crt', word(proxy.tls.certificate), ...alpn]
  const routes = routing(proxy, version)
  const lines = [
    ...bindsOf(proxy.addresses, proxy.port, ipv6).map((bind) =>
      bindLine(bind, [...tls, ...proxy.listen.map(word)]),
    ),
    `mode ${proxy.mode}`,
    ...(proxy.maxconn === undefined ? [] : [`maxconn ${proxy.maxconn}`]),
    `timeout client ${duration(proxy.timeouts.clientMs)}`,
    ...(http ? httpLines(proxy) : ['option tcplog']),
    // Before the routes, because haproxy warns about an http-request below a use_backend.
    ...verbatim(proxy.extra),
    ...routes.lines,
  ]
  return { lines: section(`frontend ${proxy.name}`, lines), notes: routes.notes }
}
