// Where the hub is asked: one server per address, plain HTTP or HTTPS, with bounds on who may hold how many lines for how long.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { getRequestListener } from '@hono/node-server'
import type { WebSocketServer } from 'ws'
import { FRAME_BYTES_MAX } from '../spec/limits.ts'
import { sortByFirstByte } from '../spec/tls/first-byte.ts'
import type { Log } from './deps.ts'
import type { Gate } from './gate.ts'
import { type Hub, SESSIONS_MAX } from './hub.ts'
import type { Pair } from './tls/authority.ts'

const TLS_MIN = 'TLSv1.2'
const BUFFERED_BYTES_MAX = 4 * FRAME_BYTES_MAX
/** How long a client may take for its headers and for all of a request, and how often that is looked at: milliseconds. */
export type Patience = {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
}
export const PATIENCE: Patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
}

const refuse = (socket: Duplex, status: number) =>
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  )

export type Doors = {
  readonly hub: Hub
  readonly sockets: WebSocketServer
  readonly log: Log
  readonly gate: Gate
  /** What gives the place of a connection back before it ends. */
  readonly places: Map<string, () => void>
}
/** The same for a TCP connection and for the TLS on it. */
const lineOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`

function upgrades({ hub, sockets, log, places }: Doors) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const path = (request.url ?? '').split('?')[0] ?? ''
    const from = request.socket.remoteAddress ?? ''
    const who = hub.admitSocket(path, request.headers.authorization, from)
    if (typeof who === 'number') {
      refuse(socket, who)
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const wire = {
        send: (text: string) => {
          // An agent that reads nothing must not cost the hub its memory.
          if (ws.bufferedAmount > BUFFERED_BYTES_MAX) ws.terminate()
          else ws.send(text, () => undefined)
        },
        close: (code: number, reason: string) => ws.close(code, reason),
      }
      const session = hub.onSocket(wire, who)
      const guarded = (work: () => void) => {
        try {
          work()
        } catch (error) {
          log(`hub: a frame broke its reader: ${error instanceof Error ? error.message : error}`)
          session.close(1011, 'a fault of the hub, see its log')
        }
      }
      places.get(lineOf(request.socket))?.()
      ws.on('message', (data, binary) =>
        guarded(() => session.receive(binary ? '' : data.toString(), binary)),
      )
      ws.on('ping', (data) => {
        if (!session.pinged()) return
        // Answers that nobody reads pile up like any other words.
        if (ws.bufferedAmount > BUFFERED_BYTES_MAX) ws.terminate()
        else ws.pong(data, false, () => undefined)
      })
      ws.on('close', () => session.ended())
      // Oversized and broken frames end here; ws closes the socket itself (1009, 1002, 1007).
      ws.on('error', () => session.ended())
    })
  }
}

function parseListen(text: string): { host: string; port: number } | { path: string } {
  if (text.startsWith('unix:/')) return { path: text.slice(5) }
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:\s]*):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new Error(`cannot listen on '${text}': give host:port, [v6]:port or unix:/path`)
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) }
}

function listenOn(server: Server, text: string, scheme: string): Promise<string> {
  const where = parseListen(text)
  // A socket file left by a killed hub blocks the next one; two hubs on one state are kept apart by the port.
  if ('path' in where) rmSync(where.path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`cannot listen on ${text}: ${cause.message}`, { cause })),
    )
    server.listen(where, () => {
      if ('path' in where) chmodSync(where.path, 0o600)
      const at = server.address()
      if (at === null || typeof at === 'string') resolve(text)
      else
        resolve(`${scheme}://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`)
    })
  })
}

function newServer(doors: Doors, patience: Patience): Server {
  const server = createServer(
    { maxHeaderSize: 16 * 1024, ...patience },
    getRequestListener(doors.hub.app.fetch),
  )
  server.maxConnections = SESSIONS_MAX + 500
  server.on('upgrade', upgrades(doors))
  return server
}

function guardPlaces(server: Server, { gate, places }: Doors): void {
  server.on('connection', (socket: Socket) => {
    const leave = gate.enter(socket.remoteAddress ?? '')
    if (leave === undefined) {
      socket.destroy()
      return
    }
    const line = lineOf(socket)
    places.set(line, leave)
    socket.once('close', () => {
      leave()
      places.delete(line)
    })
  })
}

const TOLD = JSON.stringify({ error: 'this hub speaks TLS: use https://' })
/** Without a word a person would look for the fault in the network. */
const tellPlain = (socket: Socket): void => {
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${TOLD.length}\r\n\r\n${TOLD}`,
  )
}

export type Port = {
  /** 'http(s)://host:port' or 'unix:/path'. @throws when it cannot be had. */
  open(): Promise<string>
  /** For connections that come from now on. */
  show(pair: Pair): void
  close(): Promise<void>
}

/** With a pair the address speaks TLS and nothing else; a unix socket is as good without. */
export function createPort(
  doors: Doors,
  listen: string,
  pair: Pair | undefined,
  patience = PATIENCE,
): Port {
  const server = newServer(doors, patience)
  let tls: TlsServer | undefined
  let cut = () => {}
  if (pair !== undefined && !listen.startsWith('unix:')) {
    const handshakeTimeout = patience.headersTimeout
    tls = createTlsServer({ ...pair, minVersion: TLS_MIN, handshakeTimeout })
    cut = sortByFirstByte(server, { tls, plain: tellPlain, quietMs: handshakeTimeout }).cut
  }
  guardPlaces(server, doors)
  return {
    open: () => listenOn(server, listen, tls === undefined ? 'http' : 'https'),
    show: (next) => tls?.setSecureContext({ ...next, minVersion: TLS_MIN }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        cut()
      }),
  }
}
