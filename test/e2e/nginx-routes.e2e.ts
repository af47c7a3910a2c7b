// One spec, both engines: each request of a table reaches the same pool through nginx as through haproxy.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { renderHaproxy } from '../../agent/providers/haproxy/render.ts'
import { renderNginx } from '../../agent/providers/nginx/render.ts'
import { checkSpec } from '../../spec/check.ts'
import { fakeFacts } from '../fakes/facts.ts'

const POOLS = ['api', 'beta', 'blog', 'files', 'main', 'pages', 'static', 'strict'] as const
const PORTS = { haproxy: 21_080, nginx: 21_180 } as const
const folder = mkdtempSync(join(tmpdir(), 'hactl-routes-'))
const servers: Server[] = []
const daemons: ChildProcess[] = []

const listening = (server: Server) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })

async function backends(): Promise<Record<string, object>> {
  const pools: Record<string, object> = {}
  for (const name of POOLS) {
    const server = createServer(({ url, headers }, response) => {
      const said = [name, url, headers.host, headers['x-forwarded-for'] ?? '-']
      response.end(said.join(' '))
    })
    servers.push(server)
    const port = await listening(server)
    pools[name] = { servers: { s: { address: '127.0.0.1', port } }, check: { type: 'none' } }
  }
  return pools
}

const routes = [
  {
    name: 'beta',
    when: { header: { 'X-Beta': ['yes', 'on'] }, pathPrefix: ['/app'] },
    pool: 'beta',
  },
  { name: 'api', when: { pathPrefix: ['/api/', '/v(1)'], method: ['GET', 'PUT'] }, pool: 'api' },
  { name: 'blog', when: { host: ['blog.example.org'] }, pool: 'blog' },
  { name: 'exact', when: { header: { Accept: ['a, b'] } }, pool: 'beta' },
  { name: 'pages', when: { pathRegex: ['^/p/[0-9]{1,3}\\.php$', '^/x\\\\y'] }, pool: 'pages' },
  { name: 'late', when: { pathPrefix: ['/api/files'] }, pool: 'files' },
  // More than one map holds: the last of these is decided by the second.
  ...Array.from({ length: 20 }, (_, i) => ({
    name: `many-${i}`,
    when: { pathPrefix: [`/many/${i}/`] },
    pool: i % 2 === 0 ? 'files' : 'api',
  })),
]

async function specText(engine: 'haproxy' | 'nginx', pools: Record<string, object>) {
  const port = PORTS[engine]
  const split = { pool: 'static', prefixes: ['/static'], suffixes: ['.JPG', '.css'] }
  return JSON.stringify({
    version: 1,
    cluster: 'routes',
    nodes: { lb1: { address: '192.0.2.1/24' } },
    proxies: {
      web: { engine, nodes: ['lb1'], port, addresses: ['127.0.0.1'], routes, split, pool: 'main' },
      closed: {
        engine,
        nodes: ['lb1'],
        port: port + 1,
        addresses: ['127.0.0.1'],
        routes: [{ name: 'only', when: { pathPrefix: ['/only'] }, pool: 'strict' }],
      },
    },
    pools,
  })
}

async function start(argv: readonly string[], port: number): Promise<void> {
  const [program = '', ...rest] = argv
  const child = spawn(program, rest, { stdio: 'inherit' })
  daemons.push(child)
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => undefined)
    })
    if (open) return
    await sleep(50)
  }
  assert.fail(`${program} does not listen`)
}

before(async () => {
  const pools = await backends()
  for (const engine of ['haproxy', 'nginx'] as const) {
    const { cluster, diagnostics } = checkSpec(await specText(engine, pools))
    assert.ok(cluster, JSON.stringify(diagnostics))
    const facts = fakeFacts('lb1', '127.0.0.1', { users: [], filesMax: 4096, syslog: false })
    const path = join(folder, `${engine}.conf`)
    const text =
      engine === 'nginx'
        ? renderNginx(cluster, facts, [1, 22, 1]).text
        : renderHaproxy(cluster, facts, [2, 6, 12]).text
    writeFileSync(path, text.replaceAll(/\/run\/(hactl\/)?/g, `${folder}/`))
    const argv =
      engine === 'nginx'
        ? ['nginx', '-c', path, '-g', 'daemon off;']
        : ['haproxy', '-db', '-f', path]
    await start(argv, PORTS[engine])
  }
})
after(async () => {
  for (const child of daemons) child.kill('SIGTERM')
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

type Ask = {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly closed?: boolean
}
const ask = (port: number, { path, method = 'GET', headers = {} }: Ask) =>
  new Promise<string>((resolve, reject) => {
    const all = { host: 'www.example.org', ...headers }
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers: all, agent: false },
      (answer) => {
        let body = ''
        answer.on('data', (chunk) => (body += chunk))
        answer.on('end', () =>
          resolve(`${answer.statusCode} ${answer.statusCode === 200 ? body : ''}`),
        )
      },
    )
    outgoing.once('error', reject)
    outgoing.end()
  })

const blog = { host: 'Blog.Example.org:21080' }
const TABLE: readonly (readonly [Ask, string])[] = [
  [{ path: '/' }, 'main'],
  [{ path: '/app' }, 'main'],
  [{ path: '/app', headers: { 'x-beta': 'yes' } }, 'beta'],
  [{ path: '/app', headers: { 'x-beta': 'no, on ,x' } }, 'beta'],
  [{ path: '/app', headers: { 'x-beta': 'yess' } }, 'main'],
  [{ path: '/app', headers: { 'x-beta': 'YES' } }, 'main'],
  [{ path: '/App', headers: { 'x-beta': 'yes' } }, 'main'],
  [{ path: '/api/x' }, 'api'],
  [{ path: '/api/x', method: 'PUT' }, 'api'],
  [{ path: '/api/x', method: 'POST' }, 'main'],
  [{ path: '/api/files/1', method: 'POST' }, 'files'],
  [{ path: '/api/files/1' }, 'api'],
  [{ path: '/api' }, 'main'],
  [{ path: '/API/x' }, 'main'],
  [{ path: '/v(1)/x' }, 'api'],
  [{ path: '/v1/x' }, 'main'],
  [{ path: '/', headers: blog }, 'blog'],
  [{ path: '/static/a', headers: blog }, 'blog'],
  [{ path: '/api/x', headers: blog }, 'api'],
  [{ path: '/', headers: { host: 'xblog.example.org' } }, 'main'],
  [{ path: '/', headers: { host: 'blog.example.org.' } }, 'main'],
  [{ path: '/', headers: { accept: 'a, b' } }, 'beta'],
  [{ path: '/', headers: { accept: 'a' } }, 'main'],
  [{ path: '/p/12.php' }, 'pages'],
  [{ path: '/p/1234.php' }, 'main'],
  [{ path: '/p/12xphp' }, 'main'],
  [{ path: '/p/12.php?a=/p/1' }, 'pages'],
  [{ path: '/q?/p/12.php' }, 'main'],
  [{ path: '/x\\y' }, 'pages'],
  [{ path: '/static/x' }, 'static'],
  [{ path: '/STATIC' }, 'static'],
  [{ path: '/%73tatic' }, 'main'],
  [{ path: '//static' }, 'main'],
  [{ path: '/a/../static' }, 'main'],
  [{ path: '/a.jpg' }, 'static'],
  [{ path: '/a.Css' }, 'static'],
  [{ path: '/a.jpgx' }, 'main'],
  [{ path: '/a?b.jpg' }, 'main'],
  [{ path: '/a.jpg?b' }, 'static'],
  [{ path: '/many/0/' }, 'files'],
  [{ path: '/many/9/' }, 'api'],
  [{ path: '/many/10/' }, 'files'],
  [{ path: '/many/19/' }, 'api'],
  [{ path: '/many/19/a.css' }, 'api'],
  [{ path: '/only/x', closed: true }, 'strict'],
  [{ path: '/other', closed: true }, ''],
]

test(`${TABLE.length} requests reach the same pool, with the same path and host`, async () => {
  for (const [one, pool] of TABLE) {
    const through = async (engine: 'haproxy' | 'nginx') =>
      ask(PORTS[engine] + (one.closed === true ? 1 : 0), one)
    const [a, b] = await Promise.all([through('haproxy'), through('nginx')])
    const what = JSON.stringify(one)
    assert.equal(b, a, what)
    assert.ok(a.startsWith(pool === '' ? '503' : `200 ${pool} ${one.path} `), `${what}: ${a}`)
  }
  process.stdout.write(`${TABLE.length} requests, both engines alike\n`)
})
