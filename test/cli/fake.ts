// A command line without a process: Io that records, a clock that jumps, a hub that is scripted.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ExitCode } from '../../cli/exit.ts'
import type { Io } from '../../cli/io.ts'
import { runCli } from '../../cli/program.ts'
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'

export type Ran = { readonly exit: ExitCode; readonly out: string; readonly err: string }
export type Setup = {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly color?: boolean
  readonly cwd?: string
  readonly signal?: AbortSignal
}

/** Sleeping costs no time: the clock jumps, and the event loop turns once. */
export function jumpingClock(): Io['clock'] {
  let now = 0
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms
      await new Promise((done) => setImmediate(done))
    },
  }
}

export async function run(argv: readonly string[], setup: Setup = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const exit = await runCli(argv, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    color: setup.color ?? false,
    terminal: false,
    json: false,
    cwd: setup.cwd ?? process.cwd(),
    env: { HOME: '/nonexistent', ...setup.env },
    user: 'kim',
    stdin: async () => setup.stdin ?? '',
    signal: setup.signal ?? new AbortController().signal,
    clock: jumpingClock(),
  })
  return { exit, out, err }
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type Reply = {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Cut the connection instead of answering. */
  readonly cut?: boolean
}
export type FakeHub = {
  readonly url: string
  readonly asked: Asked[]
  close(): Promise<void>
}

/** Answers by `script`; what it returns undefined for is a 404. Listens on loopback or a unix socket. */
export async function fakeHub(
  script: (asked: Asked) => Reply | undefined,
  socket?: string,
): Promise<FakeHub> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body }
      asked.push(one)
      answer(response, script(one) ?? { status: 404, body: { error: 'not found' } })
    })
  })
  await new Promise<void>((done) => {
    if (socket === undefined) server.listen(0, '127.0.0.1', done)
    else server.listen(socket, done)
  })
  const address = server.address()
  return {
    url:
      typeof address === 'object' && address !== null
        ? `http://127.0.0.1:${address.port}`
        : `unix:${address}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply.cut === true) {
    response.destroy()
    return
  }
  response.writeHead(reply.status, { ...reply.headers })
  response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}))
}

/** A node as the hub shows it, Ready with this digest unless told otherwise. */
export function nodeStatus(
  node: string,
  digest: string,
  revision: number,
  other: Partial<NonNullable<NodeStatus['summary']>> = {},
): NodeStatus {
  const condition = other.condition ?? 'Ready'
  return {
    node,
    connected: true,
    ageMs: 120,
    stale: false,
    condition,
    summary: {
      node,
      boot: 'b',
      condition,
      reason: '',
      wanted: digest,
      wantedRevision: revision,
      running: digest,
      runningRevision: revision,
      failed: '',
      holds: [],
      ...other,
    },
  }
}

export const clusterStatus = (
  revision: number,
  digest: string,
  nodes: readonly NodeStatus[],
  other: Partial<ClusterStatus> = {},
): ClusterStatus => ({
  now: 1_700_000_000_000,
  hubStartedAt: 1_700_000_000_000,
  revision,
  digest,
  cluster: 'wordpress',
  nodes: [...nodes],
  strangers: [],
  vips: [],
  alerts: [],
  ...other,
})
