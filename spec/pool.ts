// Servers behind a proxy.
import { type Static, Type } from '@sinclair/typebox'
import { EXTRA_MAX, SERVERS_MAX } from './limits.ts'
import { HostName, mapOf, Ms, Name, oneOf, Port, Token, UrlText, Word } from './names.ts'
import { ExtraLine } from './verbatim.ts'

const closed = { additionalProperties: false }

/** The balance algorithms of haproxy's configuration manual, section "balance". */
export const BALANCES = [
  'roundrobin',
  'static-rr',
  'leastconn',
  'first',
  'source',
  'uri',
  'url_param',
  'hdr',
  'random',
  'rdp-cookie',
] as const

/** What one server may have of its own; the kind of check is the pool's. */
export const ServerCheck = Type.Object(
  {
    intervalMs: Type.Optional(Ms(100, 600_000, 'haproxy inter')),
    rise: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    fall: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  { ...closed, minProperties: 1, description: "where it differs from the pool's check" },
)

export const Server = Type.Object(
  {
    node: Type.Optional(Name('node of this cluster it runs on; its address is used')),
    address: Type.Optional(HostName('address or host name, where it is not a node')),
    port: Port('port'),
    weight: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 256,
        description: 'default 100; 0 takes no new traffic',
      }),
    ),
    maxconn: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    backup: Type.Optional(Type.Boolean({ description: 'used only when all others are down' })),
    state: Type.Optional(oneOf(['ready', 'drain', 'maint'], 'default ready')),
    check: Type.Optional(ServerCheck),
  },
  { ...closed, description: 'a server' },
)
export type Server = Static<typeof Server>

export const Check = Type.Object(
  {
    type: Type.Optional(
      oneOf(
        ['connect', 'http', 'tcp', 'none'],
        'connect: the port answers (default); http: a request; tcp: send and expect',
      ),
    ),
    intervalMs: Type.Optional(Ms(100, 600_000, 'haproxy inter, default 2000')),
    timeoutMs: Type.Optional(Ms(10, 600_000, 'haproxy timeout check, default 2000')),
    rise: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'default 2' })),
    fall: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'default 3' })),
    port: Type.Optional(Port('port, when it is not the server port')),
    method: Type.Optional(Token('http: method, default GET')),
    path: Type.Optional(UrlText('http: path, default /')),
    host: Type.Optional(HostName('http: Host header')),
    status: Type.Optional(
      Type.String({
        pattern: '^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?$',
        description: 'http: expected status, default 200-399',
      }),
    ),
    send: Type.Optional(Word('tcp: text to send')),
    expect: Type.Optional(Word('tcp: text to expect')),
  },
  { ...closed, description: 'how a server is found healthy' },
)

export const Stick = Type.Object(
  {
    by: oneOf(
      ['cookie', 'source'],
      'cookie: inserted by the proxy; source: table by client address',
    ),
    cookie: Type.Optional(Token('cookie name, default SRV')),
    expireMs: Type.Optional(Ms(1_000, 604_800_000, 'source: entry life, default 1800000')),
    entriesMax: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 10_000_000,
        description: 'source: table size, default 200000',
      }),
    ),
  },
  { ...closed, description: 'keep a client on its server' },
)

export const Pool = Type.Object(
  {
    servers: mapOf(Server, SERVERS_MAX, 'servers by name'),
    balance: Type.Optional(oneOf(BALANCES, 'default roundrobin')),
    balanceOn: Type.Optional(
      Token('header name for hdr, parameter name for url_param, cookie for rdp-cookie'),
    ),
    check: Type.Optional(Check),
    stick: Type.Optional(Stick),
    resolvers: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_.-]{1,64}$',
        description: 'section resolvers of verbatim that looks up its host names (haproxy)',
      }),
    ),
    extra: Type.Optional(
      Type.Array(ExtraLine, {
        maxItems: EXTRA_MAX,
        description:
          'haproxy lines of the backend that the spec does not model; checked by haproxy itself',
      }),
    ),
  },
  { ...closed, description: 'servers and how they share the load' },
)
export type Pool = Static<typeof Pool>
