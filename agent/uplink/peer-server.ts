// The door for peers: GET /v1/peer answers the summary of this node. Read only.
import { createServer } from 'node:http'
import { APPLYING_HEADER, NODE_HEADER, type Summary } from '../../spec/report.ts'

const REQUEST_MS_MAX = 2_000
const CONNECTIONS_MAX = 64
/** An older agent does not say who it is: ''. */
const word = (header: string | readonly string[] | undefined): string =>
  typeof header === 'string' ? header.slice(0, 64) : ''

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
  readonly onError: (why: string) => void
}): { close(): Promise<void> } {
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
    (request, response) => {
      // Without a token "Bearer " is sent, and an HTTP field value ends before its last blank (RFC 9110 section 5.5).
      if (request.headers.authorization !== `Bearer ${options.token}`.trimEnd()) {
        response.writeHead(401).end()
        return
      }
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
