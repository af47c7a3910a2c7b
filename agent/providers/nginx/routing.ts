// Routes as chained maps: the first match wins, exactly as haproxy tries its use_backend lines.
// Not by location blocks: nginx picks the longest prefix and then the first regular expression, after it has decoded and
// normalised the path (ngx_http_core_module, "location"); haproxy looks at the path as it came.
import type { ClusterProxy, ClusterRoute } from '../../../spec/cluster.ts'
import { apart, block, literal, quoted, variable } from './words.ts'

/** The path as the client wrote it: haproxy's `path`, the URI without its query. */
export const PATH_MAP = block('map $request_uri $hactl_path', [
  'default "";',
  `${quoted('~^(?<hactl_raw_path>[^?]*)')} $hactl_raw_path;`,
])

/**
 * Routes that one map decides. A map is only asked when the ones before it found nothing; its key is bounded so that it fits a
 * parameter (4096 bytes), and the chain so that nginx follows it (it gives up at 100 variables inside each other).
 */
const ROUTES_PER_MAP = 16

type Condition = {
  readonly kind: string
  readonly of: string
  readonly patterns: readonly string[]
}

/** A value of a header that may be a list; haproxy looks at each part of it, unless the value itself has a comma. */
const headerPattern = (whole: boolean, value: string): string =>
  whole ? `^${literal(value)}$` : `(?:^|,)[ \\t]*${literal(value)}[ \\t]*(?:,|$)`

function conditionsOf({ when, ignoreCase }: ClusterRoute): readonly Condition[] {
  const sign = ignoreCase ? '~*' : '~'
  const of = (
    kind: string,
    source: string,
    values: readonly string[] | undefined,
    pattern: (value: string) => string,
  ): readonly Condition[] =>
    values === undefined ? [] : [{ kind, of: source, patterns: values.map(pattern) }]
  const { pathPrefix, pathSuffix, pathRegex, host, header, method } = when
  return [
    ...of('prefix', '$hactl_path', pathPrefix, (text) => `${sign}^${literal(text)}`),
    ...of('suffix', '$hactl_path', pathSuffix, (text) => `${sign}${literal(text)}$`),
    ...of('regex', '$hactl_path', pathRegex, (text) => `${sign}${text}`),
    // Without the port, as in field(1,:).
    ...of('host', '$http_host', host, (text) => `~*^${literal(text)}(?::.*)?$`),
    ...of('method', '$request_method', method, (text) => `~^${literal(text)}$`),
    ...Object.entries(header ?? {}).flatMap(([key, values]) => {
      const id = variable(key.toLowerCase())
      const whole = values.some((value) => value.includes(','))
      return of(`header_${id}`, `$http_${id}`, values, (v) => `${sign}${headerPattern(whole, v)}`)
    }),
  ]
}

/** A variable that is 1 when all conditions hold; always regular expressions, since plain keys of a map ignore case. */
function routeMaps(route: ClusterRoute, name: string): readonly (readonly string[])[] {
  const conditions = conditionsOf(route)
  const only = conditions.length === 1
  const test = ({ kind, of, patterns }: Condition) =>
    block(`map ${of} $${only ? name : `${name}_${kind}`}`, [
      'default 0;',
      ...patterns.map((pattern) => `${quoted(pattern)} 1;`),
    ])
  const all = conditions.map(({ kind }) => `$${name}_${kind}`).join('')
  return [
    ...conditions.map(test),
    ...(only
      ? []
      : [
          block(`map ${quoted(all)} $${name}`, [
            'default 0;',
            `${'1'.repeat(conditions.length)} 1;`,
          ]),
        ]),
  ]
}

const poolVariable = (proxy: ClusterProxy, part: number): string =>
  `$hactl_${variable(proxy.name)}_pool${part === 0 ? '' : `_${part + 1}`}`

/** One map of at most ROUTES_PER_MAP routes: the position of the first 1 names the pool. */
function poolMap(proxy: ClusterProxy, names: readonly string[], part: number): readonly string[] {
  const from = part * ROUTES_PER_MAP
  const mine = proxy.routes.slice(from, from + ROUTES_PER_MAP)
  const more = from + ROUTES_PER_MAP < proxy.routes.length
  const key = mine.map((_, i) => `$${names[from + i]}`).join('')
  const rest = more ? poolVariable(proxy, part + 1) : (proxy.pool ?? '""')
  return block(`map ${quoted(key)} ${poolVariable(proxy, part)}`, [
    `default ${rest};`,
    ...mine.map((route, i) => `~^${'0'.repeat(i)}1 ${route.pool}; # ${route.name}`),
  ])
}

/** Maps of one proxy; none where it has no routes. */
export function routingMaps(proxy: ClusterProxy): readonly string[] {
  const names = proxy.routes.map((_, i) => `hactl_${variable(proxy.name)}_${i + 1}`)
  const parts = Math.ceil(proxy.routes.length / ROUTES_PER_MAP)
  return apart([
    ...proxy.routes.flatMap((route, i) => routeMaps(route, names[i] ?? '')),
    ...Array.from({ length: parts }, (_, part) => poolMap(proxy, names, part)),
  ])
}

/** What stands behind proxy_pass http://, and whether it can be empty: then haproxy answers 503. */
export function targetOf(proxy: ClusterProxy): {
  readonly to: string
  readonly mayBeEmpty: boolean
} {
  if (proxy.routes.length === 0) return { to: proxy.pool ?? '', mayBeEmpty: false }
  return { to: poolVariable(proxy, 0), mayBeEmpty: proxy.pool === undefined }
}
