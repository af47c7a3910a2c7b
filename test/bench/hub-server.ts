// A process under measure, told by IPC: the hub, or a bare `ws` server that only counts what it is sent.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { serveHub } from '../../site/serve.ts'

type Served = { readonly url: string; heard(): Promise<number> }

async function bare(): Promise<Served> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  let heard = 0
  sockets.on('connection', (socket) => socket.on('message', () => heard++))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${at.port}`, heard: async () => heard }
}

async function hub(state: string): Promise<Served> {
  const clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }),
  }
  const { addresses } = await serveHub({
    ...{ state, listen: ['127.0.0.1:0'], open: true, clock },
    log: (line) => void process.stderr.write(`${line}\n`),
    courier: { send: () => {}, close: () => {} },
  })
  const url = addresses[0] ?? ''
  /** Nodes that are fresh by their heartbeats. */
  const heard = async () => {
    const text = await (await fetch(`${url}/v1/status`)).text()
    return text.split('"connected":true').filter((part) => part.includes('"stale":false')).length
  }
  return { url, heard }
}

const [kind, state] = process.argv.slice(2)
const served = await (kind === 'hub' ? hub(state ?? '') : bare())
process.on('message', (question) => {
  const usage = process.cpuUsage()
  const cpuMs = (usage.user + usage.system) / 1000
  if (question === 'usage') process.send?.({ cpuMs, rss: process.memoryUsage.rss() })
  if (question === 'heard') void served.heard().then((heard) => process.send?.({ heard }))
  if (question === 'stop') process.exit(0)
})
process.send?.({ url: served.url })
