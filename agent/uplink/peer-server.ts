// The door for peers: GET /v1/peer answers the summary of this node, /v1/verify what it sees of another's listeners, /metrics its metrics, /healthz and /readyz a word. Nothing is changed by any of it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { METRICS_TYPE } from '../../spec/metric.ts'
import { Value } from '@sinclair/typebox/value'
import { APPLYING_HEADER, NODE_HEADER, type Summary } from '../../spec/report.ts'
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
  { headers, url }: IncomingMessage,
  response: ServerResponse,
  verify: (from: string, keys: readonly string[]) => Promise<Asked | undefined>,
): Promise<void> {
  const keys = (url ?? '').slice(`${VERIFY_PATH}?keys=`.length).split(',')
  try {
    const asked = Value.Check(Keys, keys)
      ? await verify(word(headers[NODE_HEADER]), keys)
      : undefined
    if (asked === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(asked))
  } catch {
    // Our bug: the peer counts this node as one that could not ask.
    response.writeHead(500).end()
  }
}

/**
 * Serves on every address of the node. A port that is taken is reported, not fatal: peers then see this
 * node as unreachable and wait for it no longer than rollout.peerWaitMs.
 */
export function servePeers(options: {
  readonly port: number
  readonly token: string
  readonly summary: () => Summary
  /** A peer with the right token asked. */
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
      // Without a token "Bearer " is sent, and an HTTP field value ends before its last blank (RFC 9110 section 5.5).
      if (request.headers.authorization !== `Bearer ${options.token}`.trimEnd()) {
        response.writeHead(401).end()
        return
      }
      if (scrape) return void say(response, options.metrics())
      if (request.method === 'GET' && request.url?.startsWith(`${VERIFY_PATH}?keys=`) === true)
        return void look(request, response, options.verify)
      if (request.method !== 'GET' || request.url !== '/v1/peer') {
        response.writeHead(404).end()
        return
      }
      options.onAsked(word(request.headers[NODE_HEADER]), word(request.headers[APPLYING_HEADER]))
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(options.summary()))
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.on('error', (error) =>
    options.onError(`cannot serve peers on port ${options.port}: ${error.message}`),
  )
  server.listen(options.port)
  return {
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
