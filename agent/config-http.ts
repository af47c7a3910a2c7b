// The http part of the agent's configuration: how the spec at source.url is asked for.
import { type Static, Type } from '@sinclair/typebox'
import { Path } from '../spec/names.ts'

/** Between two questions to a server that answers at once. */
export const HTTP_POLL_MS = 5_000
/** Longer ones are cut by proxies between (nginx's proxy_read_timeout is 60 s). */
export const HTTP_WAIT_S = 30

/** A token of RFC 9110 section 5.6.2. */
const HEADER = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"
/** What the question itself says. */
export const OWN_HEADERS: readonly string[] = [
  ...['accept', 'connection', 'content-length', 'host', 'if-none-match', 'prefer'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]

export const HttpConfig = Type.Object(
  {
    ca: Type.Optional(Path("certificates (PEM) that https believes instead of the system's")),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: HEADER }),
        Type.String({
          pattern: '^(?:file:/|/|credential:|env:)[\\x21-\\x7e]{1,300}$',
          description:
            'where the value is, its first line: file:/PATH, credential:NAME or env:NAME',
        }),
        { maxProperties: 8, description: 'header fields of each question, authorization for one' },
      ),
    ),
    waitS: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 300,
        description:
          'how long the server is asked to hold a question until something is new (seconds; Prefer: wait of RFC 7240), default 30; 0 asks for none',
      }),
    ),
    pollMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 86_400_000,
        description:
          'time between questions where the server does not hold them (milliseconds), default 5000',
      }),
    ),
  },
  { additionalProperties: false, description: 'how source.url is asked for' },
)
export type HttpConfig = Static<typeof HttpConfig>

type Fault = { readonly path: string; readonly message: string; readonly hint: string }

/** What types cannot say. */
export function httpFaults(http: HttpConfig, url: string | undefined): readonly Fault[] {
  const at = (path: string, message: string, hint: string): Fault => ({
    ...{ path: `/source/http${path}`, message, hint },
  })
  if (url === undefined) return [at('', 'cannot use http without url', 'write "url" beside it')]
  const secure = url.startsWith('https://')
  const own = Object.keys(http.headers ?? {}).filter((n) => OWN_HEADERS.includes(n.toLowerCase()))
  return [
    ...own.map((name) => at(`/headers/${name}`, `cannot set ${name}: the agent does`, 'remove it')),
    ...(http.headers === undefined || secure
      ? []
      : [
          at(
            '/headers',
            'cannot send secrets over this: anybody on the way could read them',
            'write "url": "https://..."',
          ),
        ]),
    ...(http.ca === undefined || secure
      ? []
      : [at('/ca', 'cannot use a CA without TLS', 'write "url": "https://..."')]),
  ]
}
