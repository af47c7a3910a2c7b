// One side of the round trip in a namespace of its own: servers that say who they are and what they were asked, or the client.
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type Ask = {
  readonly port: number
  readonly address: string
  readonly tls: boolean
  readonly host: string
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}
export type Answer = {
  readonly status: number | string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const ASK_TIMEOUT_MS = 1_500
const HEAD_BYTES_MAX = 65_536
/** Of the moment, or of the connection. */
const VOLATILE = new Set(['date', 'keep-alive', 'etag', 'last-modified'])

/** Any protocol below: a line of the PROXY protocol is passed over, the rest of the head comes back as the body. */
function answer(socket: Socket): void {
  let head = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (part) => {
    head += part.toString('latin1')
    if (!head.includes('\r\n\r\n') && head.length < HEAD_BYTES_MAX) return
    const lines = head.split('\r\n\r\n')[0]?.split('\r\n') ?? []
    const body = JSON.stringify(lines)
    const isHead = lines.some((line) => line.startsWith('HEAD '))
    socket.end(
      [
        'HTTP/1.1 200 OK',
        `X-Who: ${socket.localAddress}:${socket.localPort}`,
        'Set-Cookie: APP=1; Path=/',
        'Content-Type: text/plain',
        `Content-Length: ${body.length}`,
        'Connection: close',
        '',
        isHead ? '' : body,
      ].join('\r\n'),
    )
  })
}

const open = new Set<Server>()
const listen = (port: number, address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer(answer)
    server.once('error', () => resolve(false))
    server.listen(port, address, () => {
      open.add(server)
      resolve(true)
    })
  })
/** Those of the configuration before may stand where the next one listens. */
const closeAll = () =>
  Promise.all([...open].map((server) => new Promise((done) => server.close(done)))).then(() =>
    open.clear(),
  )

const ask = ({ port, address, tls, host, path, method, headers }: Ask): Promise<Answer> =>
  new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: error.message, headers: {}, body: '' })
    const options = {
      ...{ host: address, port, path, method, agent: false, timeout: ASK_TIMEOUT_MS },
      headers: { host, ...headers },
    }
    const asked = (tls ? secure : plain)(
      tls ? { ...options, rejectUnauthorized: false, servername: host } : options,
      (response) => {
        let body = ''
        response.setEncoding('latin1')
        response.on('data', (part: string) => {
          body += part
        })
        response.on('error', fail)
        response.on('end', () => {
          const all = Object.entries(response.headers).filter(([name]) => !VOLATILE.has(name))
          const shown = all.map(([name, value]) => [name, String(value)] as const).sort()
          const status = response.statusCode ?? 0
          resolve({ status, headers: Object.fromEntries(shown), body })
        })
      },
    )
    asked.once('timeout', () => asked.destroy(new Error('no answer')))
    asked.once('error', fail)
    asked.end()
  })

const isAsk = (value: unknown): value is Ask =>
  typeof value === 'object' && value !== null && 'path' in value && 'method' in value
const isPlace = (value: unknown): value is readonly [number, string] =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string'

async function perform(line: string): Promise<unknown> {
  const command: unknown = JSON.parse(line)
  if (!Array.isArray(command)) return []
  const asks = command.filter(isAsk)
  // Side by side, but few: a rate limit of the file counts them all.
  const answers: Answer[] = []
  for (const one of asks) answers.push(await ask(one))
  const places = command.filter(isPlace)
  if (asks.length > 0) return answers
  await closeAll()
  return Promise.all(places.map(([port, address]) => listen(port, address)))
}

if (import.meta.main)
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await perform(line))}\n`)
