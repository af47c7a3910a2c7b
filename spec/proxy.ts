// A listener of the proxy and the routes from it to pools.
import { type Static, Type } from '@sinclair/typebox'
import { EXTRA_MAX, ROUTES_MAX } from './limits.ts'
import {
  CheckPath,
  HostName,
  Ip,
  Ms,
  Name,
  oneOf,
  Path,
  Port,
  Regex,
  Token,
  UrlText,
  Word,
} from './names.ts'
import { ExtraLine, ListenWord, Site, Sites } from './verbatim.ts'

const closed = { additionalProperties: false }
const some = { minItems: 1, maxItems: 100, uniqueItems: true }

export const When = Type.Object(
  {
    pathPrefix: Type.Optional(
      Type.Array(UrlText('path prefix'), { ...some, description: 'path begins with one of these' }),
    ),
    pathSuffix: Type.Optional(
      Type.Array(UrlText('path suffix'), {
        ...some,
        description: 'path ends with one of these, for instance .jpg',
      }),
    ),
    pathRegex: Type.Optional(
      Type.Array(Regex('regular expression'), {
        ...some,
        description: 'path matches one of these (PCRE)',
      }),
    ),
    host: Type.Optional(
      Type.Array(HostName('host name'), { ...some, description: 'Host header, without port' }),
    ),
    header: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' }),
        Type.Array(Word('header value'), some),
        {
          ...closed,
          minProperties: 1,
          maxProperties: 16,
          description: 'each header has one of its values',
        },
      ),
    ),
    method: Type.Optional(Type.Array(Token('method'), { ...some, description: 'request method' })),
  },
  {
    ...closed,
    minProperties: 1,
    description: 'all keys must match; within a key one value is enough',
  },
)
export type When = Static<typeof When>

export const Route = Type.Object(
  { name: Name('name of the route'), when: When, pool: Name('pool that serves it') },
  { ...closed, description: 'first match wins, in the order written' },
)
export type Route = Static<typeof Route>

export const Split = Type.Object(
  {
    pool: Name('pool of static servers'),
    prefixes: Type.Optional(Type.Array(UrlText('path prefix'), some)),
    suffixes: Type.Optional(Type.Array(UrlText('path suffix'), some)),
  },
  {
    ...closed,
    description:
      'static/dynamic split: what matches a prefix or a suffix, ignoring case, is static',
  },
)

export const Timeouts = Type.Object(
  {
    connectMs: Type.Optional(Ms(10, 600_000, 'haproxy timeout connect, default 5000')),
    clientMs: Type.Optional(Ms(10, 86_400_000, 'haproxy timeout client, default 60000')),
    serverMs: Type.Optional(Ms(10, 86_400_000, 'haproxy timeout server, default 60000')),
    queueMs: Type.Optional(Ms(10, 600_000, 'haproxy timeout queue, default 30000')),
    httpRequestMs: Type.Optional(Ms(10, 600_000, 'haproxy timeout http-request, default 10000')),
    keepAliveMs: Type.Optional(Ms(10, 600_000, 'haproxy timeout http-keep-alive, default 10000')),
    tunnelMs: Type.Optional(Ms(10, 86_400_000, 'haproxy timeout tunnel, default 3600000')),
  },
  closed,
)

/** Reasons both engines know, in haproxy's words. */
export const RETRY_REASONS = [
  'connect-failure',
  'empty-response',
  'timeout',
  '500',
  '502',
  '503',
  '504',
] as const
export type RetryReason = (typeof RETRY_REASONS)[number]

export const ProxySection = Type.Object(
  {
    vip: Type.Optional(Name('vip in front of it; its peers run the proxy and follow its health')),
    nodes: Type.Optional(
      Type.Array(Name('node'), {
        ...some,
        description: 'nodes that run it, where there is no vip',
      }),
    ),
    engine: Type.Optional(oneOf(['haproxy', 'nginx'], 'program that serves it, default haproxy')),
    mode: Type.Optional(oneOf(['http', 'tcp'], 'default http')),
    port: Port('listening port'),
    bind: Type.Optional(
      oneOf(
        ['any', 'vip'],
        'any: every address of the node (default); vip: only the addresses of the vip',
      ),
    ),
    addresses: Type.Optional(
      Type.Array(Ip('address'), { ...some, description: 'listen on exactly these instead' }),
    ),
    listen: Type.Optional(
      Type.Array(ListenWord, {
        maxItems: 60,
        description: 'further words of the bind (haproxy) or listen (nginx) line, one each',
      }),
    ),
    tls: Type.Optional(
      Type.Object({ certificate: Path('PEM with chain and key, on the node') }, closed),
    ),
    pool: Type.Optional(Name('pool for what no route takes')),
    routes: Type.Optional(
      Type.Array(Route, { maxItems: ROUTES_MAX, description: 'first match wins' }),
    ),
    split: Type.Optional(Split),
    sites: Type.Optional(Sites(Site)),
    pools: Type.Optional(
      Type.Array(Name('pool'), {
        maxItems: 100,
        uniqueItems: true,
        description: 'further pools that its sites or extra lines send to',
      }),
    ),
    maxconn: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'connections of this listener' }),
    ),
    timeouts: Type.Optional(Timeouts),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'default 3' })),
    retryOn: Type.Optional(
      Type.Array(oneOf(RETRY_REASONS, 'reason'), {
        maxItems: RETRY_REASONS.length,
        uniqueItems: true,
        description:
          'why a request goes to the next server (haproxy retry-on, nginx proxy_next_upstream); default connect-failure, for nginx also timeout',
      }),
    ),
    redispatch: Type.Optional(
      Type.Boolean({ description: 'another server on the last retry, default true' }),
    ),
    verify: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(CheckPath('path of the request, default /')),
          host: Type.Optional(HostName('its Host, default the address')),
        },
        {
          ...closed,
          description: 'one more request that is asked from outside before and after a change',
        },
      ),
    ),
    forwardedFor: Type.Optional(
      Type.Boolean({ description: 'X-Forwarded-For, default true in mode http' }),
    ),
    extra: Type.Optional(
      Type.Array(ExtraLine, {
        maxItems: EXTRA_MAX,
        description:
          'lines of the frontend (haproxy) or server block (nginx) that the spec does not model; checked by the program itself',
      }),
    ),
  },
  { ...closed, description: 'a listener' },
)
export type ProxySection = Static<typeof ProxySection>
