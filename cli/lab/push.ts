// The way from this machine into a lab's hub, and the first spec over it.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { LabError } from './error.ts'
import { logOf } from './namespace.ts'
import { detachReady, type Proc } from './process.ts'
import { hubTokens, socketOf } from './services.ts'
import type { State } from './state.ts'

const PUSH_TIMEOUT_MS = 10_000

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => resolve(at !== null && typeof at === 'object' ? at.port : 0))
    })
  })

/** A loopback port on this machine that leads to the hub's unix socket: sockets ignore network namespaces. */
export async function startRelay(
  root: string,
  state: State,
): Promise<{ proc: Proc; port: number }> {
  const port = await freePort()
  const argv = [...state.hactl, 'lab-inner', 'relay', String(port), socketOf(root)]
  return { port, proc: await detachReady(root, argv, logOf(root, 'relay')) }
}

/** Gives the hub its first revision; the operator's token. */
export async function pushSpec(root: string, url: string, specText: string): Promise<string> {
  const { operator } = hubTokens(root)
  const response = await fetch(`${url}v1/specs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${operator}`,
      'content-type': 'application/json',
      'if-match': '0',
    },
    body: specText,
    signal: AbortSignal.timeout(PUSH_TIMEOUT_MS),
  })
  if (response.ok) return operator
  const text = (await response.text()).slice(0, 400)
  throw new LabError(
    `cannot push the spec: the hub says ${response.status} ${text}`,
    `see ${join(root, 'log', 'hub.log')}`,
  )
}
