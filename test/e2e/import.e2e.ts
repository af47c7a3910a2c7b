// Import's round trip: an old haproxy.cfg and the one rendered from its spec answer a table of requests alike.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { renderHaproxy } from '../../agent/providers/haproxy/render.ts'
import { checkSpec } from '../../spec/check.ts'
import { importFiles } from '../../spec/import/index.ts'
import { fakeFacts } from '../fakes/facts.ts'

const PORT = { original: 21_280, rendered: 21_380 } as const
/** Backends by name; each says who it is and what it was asked. */
const BACKENDS = { app: 21_481, api: 21_482, static: 21_483, odd: 21_484 } as const
const skip = spawnSync('haproxy', ['-v']).status === 0 ? false : 'no haproxy on this machine'
const folder = mkdtempSync(join(tmpdir(), 'hactl-import-'))
const servers: Server[] = []
const daemons: ChildProcess[] = []

const configuration = (port: number) => `global
    maxconn 500
defaults
    mode http
    log global
    option httplog
    option dontlognull
    option forwardfor except 127.0.0.0/8
    retries 3
    option redispatch
    timeout connect 5000
    timeout client 50000
    timeout server 50000
frontend web
    bind 127.0.0.1:${port}
    acl is_api path_beg /api /rpc
    acl old hdr_beg(host) -i old.
    acl url_static path_beg -i /static /images
    acl url_static path_end -i .jpg .css
    http-request set-header X-Front "one \\"two\\""
    http-request deny if { path_beg /private }
    redirect location /api/new code 301 if { path /api/old }
    use_backend odd_ones if old
    use_backend api if is_api METH_GET
    use_backend api if is_api { hdr(X-Kind) rpc }
    use_backend static if url_static
    default_backend app
backend app
    balance roundrobin
    http-request replace-path /shop/(.*) /\\1
    server app1 127.0.0.1:${BACKENDS.app} check inter 2s weight 3
backend api
    balance leastconn
    cookie SRV insert indirect nocache httponly
    server api1 127.0.0.1:${BACKENDS.api} cookie api1
backend static
    http-response set-header Cache-Control max-age=60
    server static1 127.0.0.1:${BACKENDS.static}
backend odd_ones
    server odd1 127.0.0.1:${BACKENDS.odd} check fastinter 500
listen second
    bind 127.0.0.1:${port + 1}
    errorfile 503 ${folder}/503.http
    acl alive always_true
    http-request return status 204 if { path /ping } alive
    server none 127.0.0.1:1
`

type Ask = {
  readonly path: string
  readonly host?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly second?: boolean
}
const TABLE: readonly Ask[] = [
  { path: '/' },
  { path: '/api/x?y=1' },
  { path: '/rpc' },
  { path: '/API/x' },
  { path: '/api/x', method: 'POST' },
  { path: '/api/x', method: 'POST', headers: { 'X-Kind': 'rpc' } },
  { path: '/STATIC/a' },
  { path: '/a/b.JPG' },
  { path: '/a.css?x=1' },
  { path: '/a.cssx' },
  { path: '/api/a.css' },
  { path: '/', host: 'old.example.org' },
  { path: '/api/x', host: 'OLD.example.org' },
  { path: '/private/a' },
  { path: '/api/old' },
  { path: '/shop/cart?a=b' },
  { path: '/ping', second: true },
  { path: '/gone', second: true },
]

const listening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

async function start(name: string, text: string, port: number): Promise<void> {
  const path = join(folder, `${name}.cfg`)
  writeFileSync(path, text)
  const check = spawnSync('haproxy', ['-c', '-f', path], { encoding: 'utf8' })
  assert.equal(check.status, 0, check.stderr)
  daemons.push(spawn('haproxy', ['-db', '-f', path], { stdio: 'ignore' }))
  for (let tries = 0; tries < 100; tries++) {
    if (await listening(port)) return
    await sleep(50)
  }
  assert.fail(`${name} does not listen on ${port}`)
}

/** The rendered file, with its sockets in our folder. */
function rendered(): string {
  const text = configuration(PORT.rendered)
  const files = [{ name: 'haproxy.cfg', node: 'lb1', text }]
  const done = importFiles(files, { cluster: 'round', addresses: { lb1: '192.0.2.11/24' } })
  assert.deepEqual(
    done.report.filter(({ fate }) => fate === 'not-taken'),
    [],
  )
  const { cluster, diagnostics } = checkSpec(done.text)
  assert.ok(cluster, JSON.stringify(diagnostics))
  const facts = fakeFacts('lb1', '192.0.2.11', { users: [], filesMax: 4096, syslog: false })
  const made = renderHaproxy(cluster, facts, [2, 6, 12])
  return made.text.replaceAll('/run/hactl/', `${folder}/`)
}

before(async () => {
  if (skip !== false) return
  writeFileSync(
    join(folder, '503.http'),
    'HTTP/1.0 503 Sorry\r\nConnection: close\r\n\r\nsorry page\n',
  )
  for (const [name, port] of Object.entries(BACKENDS)) {
    const server = createServer(({ url, method, headers }, response) =>
      response.end(
        [
          name,
          method,
          url,
          headers.host,
          headers['x-front'],
          headers['x-forwarded-for'] ?? '-',
        ].join(' '),
      ),
    )
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }
  await start('original', configuration(PORT.original), PORT.original)
  await start('rendered', rendered(), PORT.rendered)
})

after(async () => {
  for (const daemon of daemons) daemon.kill('SIGKILL')
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

const ask = (
  port: number,
  { path, host = 'www.example.org', method = 'GET', headers, second }: Ask,
) =>
  new Promise<string>((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: second ? port + 1 : port,
        path,
        method,
        headers: { host, ...headers },
        agent: false,
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          body += part
        })
        response.on('end', () => {
          const {
            location = '-',
            'set-cookie': cookie = [],
            'cache-control': cache = '-',
          } = response.headers
          resolve(
            [
              response.statusCode,
              location,
              cookie.map((one) => one.split('=')[0]).join(),
              cache,
              body,
            ].join(' | '),
          )
        })
      },
    )
    asked.once('error', reject)
    asked.end()
  })

for (const one of TABLE)
  test(`${one.method ?? 'GET'} ${one.host ?? ''}${one.path} is answered alike`, {
    skip,
  }, async () => {
    const before = await ask(PORT.original, one)
    assert.equal(await ask(PORT.rendered, one), before)
  })
