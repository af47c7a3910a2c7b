// The door for peers: GET /v1/peer answers the summary of this node, /v1/verify what it sees of another's listeners, /metrics its metrics, /healthz and /readyz a word. Nothing is changed by any of it.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import { bearer, type Secret } from '../../spec/secret.ts'
import { METRICS_TYPE } from '../../spec/metric.ts'
import { Value } from '@sinclair/typebox/value'
import { APPLYING_HEADER, NODE_HEADER, type Summary } from '../../spec/report.ts'
import { sortByFirstByte } from '../../spec/tls/first-byte.ts'
import { nodeOf } from '../../spec/tls/node-name.ts'
import { type Asked, Keys } from '../../spec/verify.ts'

export const VERIFY_PATH = '/v1/verify'
const REQUEST_MS_MAX = 2_000
const CONNECTIONS_MAX = 64
/** An older agent does not say who it is: ''. */
const word = (header: string | readonly string[] | undefined): string =>
  typeof header === 'string' ? header.slice(0, 64) : ''

const isLoopback = ({ socket }: IncomingMessage): boolean =>
  /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/.test(socket.remoteAddress ?? '')

/** For probes of a supervisor or monitor: one word, nothing of the node. Whether it is Ready a client of the vip sees as well. */
function answersProbe(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  summary: () => Summary,
): boolean {
  if (method !== 'GET' || (url !== '/healthz' && url !== '/readyz')) return false
  const ready = url === '/healthz' || summary().condition === 'Ready'
  response.writeHead(ready ? 200 : 503, { 'content-type': 'text/plain' })
  response.end(ready ? 'ok\n' : 'not ready\n')
  return true
}

const digest = (text: string) => createHash('sha256').update(text).digest()
/** In a time that tells nothing. Without a token "Bearer " is sent, and an HTTP field value ends before its last blank (RFC 9110 section 5.5). */
const hasToken = ({ headers }: IncomingMessage, token: Secret): boolean =>
  timingSafeEqual(digest(headers.authorization ?? ''), digest(bearer(token)))

/** Who the certificates of peers are judged by, and what this node shows. */
export type PeerIdentity = {
  shown(): { readonly key: string; readonly cert: string; readonly ca: string } | undefined
  certified(node: string): boolean
  revoked(serial: string): boolean
  onChange(hear: () => void): void
}

/**
 * The node that asks ('' where it does not say), or the status that refuses it. By a certificate of the cluster's CA it is the one that
 * stands in it; by the shared token it is who it says, unless that node is known to have a certificate.
 */
function callerOf(
  request: IncomingMessage,
  { token, identity }: { readonly token: Secret; readonly identity?: PeerIdentity },
): string | 401 | 403 {
  const said = word(request.headers[NODE_HEADER])
  const { socket } = request
  if (socket instanceof TLSSocket && socket.authorized) {
    const { subjectaltname, serialNumber } = socket.getPeerCertificate()
    const node = nodeOf(subjectaltname)
    if (node === undefined || identity?.revoked(serialNumber) !== false) return 403
    return said === '' || said === node ? node : 403
  }
  if (!hasToken(request, token)) return 401
  return identity?.certified(said) === true ? 403 : said
}

async function say(response: ServerResponse, metrics: Promise<string>): Promise<void> {
  try {
    const text = await metrics
    response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text)
  } catch {
    // Our bug: the scrape fails, which its owner sees; the door stays open.
    response.writeHead(500).end()
  }
}

/** Looks from here at listeners of the peer that asks; 404 where this node has nothing of the kind to ask, or no hand free. */
async function look(
  { url }: IncomingMessage,
  response: ServerResponse,
  verify: (keys: readonly string[]) => Promise<Asked | undefined>,
): Promise<void> {
  const keys = (url ?? '').slice(`${VERIFY_PATH}?keys=`.length).split(',')
  try {
    const asked = Value.Check(Keys, keys) ? await verify(keys) : undefined
    if (asked === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(asked))
  } catch {
    // Our bug: the peer counts this node as one that could not ask.
    response.writeHead(500).end()
  }
}

/** On the same port as plain HTTP: probes, scrapes and older agents go on as they are. */
function speakTls(server: Server, identity: PeerIdentity | undefined) {
  // Who has no certificate is judged by the token; one of another CA, or one that is over, is none.
  const judged = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' as const }
  const tls = createTlsServer({ handshakeTimeout: REQUEST_MS_MAX, ...judged })
  const show = () => {
    const own = identity?.shown()
    if (own !== undefined) tls.setSecureContext({ ...own, minVersion: judged.minVersion })
  }
  show()
  identity?.onChange(show)
  const plain = (_: unknown, serve: () => void) => serve()
  return sortByFirstByte(server, { tls, plain, quietMs: REQUEST_MS_MAX })
}

/**
 * Serves on every address of the node. A port that is taken is reported, not fatal: peers then see this
 * node as unreachable and wait for it no longer than rollout.peerWaitMs.
 */
export function servePeers(options: {
  readonly port: number
  readonly token: Secret
  /** Absent: peers are known by the shared token alone. */
  readonly identity?: PeerIdentity
  readonly summary: () => Summary
  /** A peer that proved to be one asked. */
  readonly onAsked: (node: string, applying: string) => void
  readonly verify: (from: string, keys: readonly string[]) => Promise<Asked | undefined>
  readonly onError: (why: string) => void
  readonly metrics: () => Promise<string>
}): { close(): Promise<void> } {
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
    (request, response) => {
      if (answersProbe(request, response, options.summary)) return
      // A Prometheus on this node needs no token: it could ask the daemons themselves.
      const scrape = request.method === 'GET' && request.url === '/metrics'
      if (scrape && isLoopback(request)) return void say(response, options.metrics())
      const caller = callerOf(request, options)
      if (typeof caller === 'number') {
        response.writeHead(caller).end()
        return
      }
      if (scrape) return void say(response, options.metrics())
      if (request.method === 'GET' && request.url?.startsWith(`${VERIFY_PATH}?keys=`) === true)
        return void look(request, response, (keys) => options.verify(caller, keys))
      if (request.method !== 'GET' || request.url !== '/v1/peer') {
        response.writeHead(404).end()
        return
      }
      options.onAsked(caller, word(request.headers[APPLYING_HEADER]))
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(options.summary()))
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  const { cut } = speakTls(server, options.identity)
  server.on('error', (error) =>
    options.onError(`cannot serve peers on port ${options.port}: ${error.message}`),
  )
  server.listen(options.port)
  return {
    close: async () => {
      server.closeAllConnections()
      cut()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
