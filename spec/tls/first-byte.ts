// One port, two languages: a connection that begins with a TLS handshake goes one way, everything else the other.
import type { Server, Socket } from 'node:net'

/** RFC 8446 section 5.1: the content type of a handshake. No method of HTTP begins so. */
const HANDSHAKE = 22

export type Sorted = {
  /** Ends every connection, also those that have not said yet what they are. */
  cut(): void
}

/**
 * Hands what comes to the HTTP server `server`: through `tls` when it speaks TLS, else as `plain` says. The server's own limits (headersTimeout ...) hold
 * for both; before it can count, a handshake has the handshakeTimeout of `tls`, and silence `quietMs`.
 */
export function sortByFirstByte(
  server: Server,
  of: {
    /** A TLS server that does not listen itself. */
    readonly tls: Server
    readonly plain: (socket: Socket, serve: () => void) => void
    readonly quietMs: number
  },
): Sorted {
  const serving = server.listeners('connection')
  const serve = (socket: Socket) => serving.forEach((one) => void one.call(server, socket))
  const open = new Set<Socket>()
  server.removeAllListeners('connection')
  of.tls.on('secureConnection', serve)
  of.tls.on('tlsClientError', (_, socket) => socket.destroy())
  server.on('connection', (socket: Socket) => {
    const end = () => socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', end)
    socket.setTimeout(of.quietMs, end)
    socket.once('data', (first: Buffer) => {
      socket.setTimeout(0)
      socket.off('timeout', end)
      socket.pause()
      socket.unshift(first)
      if (first[0] === HANDSHAKE) {
        of.tls.emit('connection', socket)
        return
      }
      of.plain(socket, () => serve(socket))
      socket.resume()
    })
  })
  return { cut: () => open.forEach((socket) => void socket.destroy()) }
}
