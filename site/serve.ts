// The hub on real ports: HTTP and WebSocket on the same listeners, store and tokens in one directory.
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { checkSpec } from '../spec/check.ts'
import { FRAME_BYTES_MAX } from '../spec/limits.ts'
import type { Courier } from '../spec/notice.ts'
import type { Clock, Log } from './deps.ts'
import { loadHookSecret } from './hook-secret.ts'
import { createHub, type Hub, SESSIONS_MAX } from './hub.ts'
import { createGate, type Gate } from './gate.ts'
import { openStore } from './store.ts'
import { loadGrants, loadTokens, saveGrants } from './token-file.ts'
import { createTokenBook } from './tokens.ts'

const BUFFERED_BYTES_MAX = 4 * FRAME_BYTES_MAX
/** How long a client may take for its headers and for all of a request, and how often that is looked at: milliseconds. */
export type Patience = {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
}
const PATIENCE: Patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
}

export type ServeOptions = {
  /** Directory of hub.db and tokens.json; made when missing, mode 0700. */
  readonly state: string
  /** 'host:port' (port 0: any free one) or 'unix:/path'. */
  readonly listen: readonly string[]
  readonly open: boolean
  readonly clock: Clock
  readonly log: Log
  /** Takes messages to people; closed with the hub. */
  readonly courier: Courier
  /** Absent: PATIENCE. */
  readonly patience?: Patience
}
export type Serving = {
  /** 'http://host:port' or 'unix:/path', in the order of `listen`. */
  readonly addresses: readonly string[]
  close(): Promise<void>
}

const refuse = (socket: Duplex, status: number) =>
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  )

type Doors = {
  readonly hub: Hub
  readonly sockets: WebSocketServer
  readonly log: Log
  readonly gate: Gate
}
/** Gives the place of a connection back before it ends. */
const places = new WeakMap<Duplex, () => void>()
const gateOf = (socket: Duplex): (() => void) | undefined => places.get(socket)

function upgrades({ hub, sockets, log }: Doors) {
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
      gateOf(socket)?.()
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

function listenOn(server: Server, text: string): Promise<string> {
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
      else resolve(`http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`)
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
  server.on('connection', (socket) => {
    const leave = doors.gate.enter(socket.remoteAddress ?? '')
    if (leave === undefined) {
      socket.destroy()
      return
    }
    places.set(socket, leave)
    socket.once('close', leave)
  })
  return server
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** @throws with a message for the operator when state or an address cannot be used. */
export async function serveHub(options: ServeOptions): Promise<Serving> {
  const { state, listen, open, clock, log, courier } = options
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const book = createTokenBook({
    shared: loadTokens(state),
    grants: loadGrants(state),
    save: (grants) => saveGrants(state, grants),
    now: clock.now,
    random: () => randomBytes(24).toString('base64url'),
  })
  const store = openStore(join(state, 'hub.db'))
  const check = (text: string) => {
    const { cluster, diagnostics } = checkSpec(text)
    return cluster === undefined
      ? ({ ok: false, diagnostics } as const)
      : ({ ok: true, value: cluster, diagnostics } as const)
  }
  const hub = createHub({
    hookSecret: loadHookSecret(state),
    store,
    book,
    open,
    clock,
    log,
    courier,
    id: randomUUID,
    check,
  })
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    autoPong: false,
  })
  const doors = { hub, sockets, log, gate: createGate() }
  const servers = listen.map(() => newServer(doors, options.patience ?? PATIENCE))
  const close = async () => {
    hub.close()
    courier.close()
    for (const ws of sockets.clients) ws.terminate()
    await Promise.all(servers.map(closed))
    store.close()
  }
  try {
    const addresses: string[] = []
    for (const [at, server] of servers.entries())
      addresses.push(await listenOn(server, listen[at] ?? ''))
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}
