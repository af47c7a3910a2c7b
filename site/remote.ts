// Who is on the other side of a request.
import type { Context } from 'hono'

/** node-server's bindings, absent under app.request. */
export function remoteOf(c: Context): string {
  const incoming: unknown = c.env?.incoming
  if (typeof incoming !== 'object' || incoming === null || !('socket' in incoming)) return ''
  const { socket } = incoming
  if (typeof socket !== 'object' || socket === null || !('remoteAddress' in socket)) return ''
  return String(socket.remoteAddress ?? '')
}
