// A git repository of one test, served as file:// or by git's own http-backend on loopback; commits by plumbing of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { execa } from 'execa'
import { temporaryDirectory } from '../host/temporary.ts'

const ENV = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

export type Repository = {
  /** Bare, what agents see. */
  readonly remote: string
  readonly url: string
  git(...args: readonly string[]): Promise<string>
  /** Writes, commits and pushes; the commit's id. */
  commit(files: Readonly<Record<string, string>>, message?: string): Promise<string>
}

export async function repository(context: TestContext): Promise<Repository> {
  const directory = await temporaryDirectory(context)
  const remote = join(directory, 'remote.git')
  const work = join(directory, 'work')
  const git = async (...args: readonly string[]) => {
    const { stdout } = await execa('git', ['-C', work, ...args], { env: ENV, stdin: 'ignore' })
    return stdout.trim()
  }
  await execa('git', ['init', '-q', '--bare', '-b', 'main', remote], { env: ENV })
  await execa('git', ['-C', remote, 'config', 'uploadpack.allowFilter', 'true'], { env: ENV })
  await execa('git', ['-C', remote, 'config', 'receive.denyDeleteCurrent', 'ignore'], { env: ENV })
  await execa('git', ['-C', remote, 'config', 'http.receivepack', 'true'], { env: ENV })
  await execa('git', ['clone', '-q', remote, work], { env: ENV })
  await git('checkout', '-q', '-B', 'main')
  return {
    remote,
    url: `file://${remote}`,
    git,
    async commit(files, message = 'change') {
      for (const [path, body] of Object.entries(files)) {
        mkdirSync(dirname(join(work, path)), { recursive: true })
        writeFileSync(join(work, path), body)
      }
      await git('add', '-A')
      await git('commit', '-q', '--allow-empty', '-m', message)
      await git('push', '-q', '--force', 'origin', 'HEAD')
      return git('rev-parse', 'HEAD')
    },
  }
}

/** git http-backend behind a small CGI door; `authorized` judges the Authorization header. Its base URL. */
export async function overHttp(
  context: TestContext,
  remote: string,
  authorized: (header: string | undefined) => boolean = () => true,
  tls?: { readonly key: string; readonly cert: string },
): Promise<string> {
  const answer: RequestListener = (request, response) => {
    if (!authorized(request.headers.authorization)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const { headers } = request
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        ...ENV,
        GIT_PROJECT_ROOT: dirname(remote),
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: headers['content-type'] ?? '',
        GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
        HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
        REMOTE_USER: 'ada',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    backend.stdin.on('error', () => undefined)
    request.pipe(backend.stdin)
    const parts: Buffer[] = []
    backend.stdout.on('data', (part: Buffer) => parts.push(part))
    backend.on('close', () => {
      const all = Buffer.concat(parts)
      const end = all.indexOf('\r\n\r\n')
      const head = all.subarray(0, end).toString().split('\r\n')
      const pairs = head.map((line) => line.split(': '))
      const status = Number(pairs.find(([key]) => key === 'Status')?.[1]?.slice(0, 3) ?? 200)
      for (const [key = '', value = ''] of pairs)
        if (key !== 'Status') response.setHeader(key, value)
      response.writeHead(status).end(all.subarray(end + 4))
    })
  }
  const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = server.address()
  return `http${tls === undefined ? '' : 's'}://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/remote.git`
}
