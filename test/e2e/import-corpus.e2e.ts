// Round trip of whole files: what the installed program accepts, and what hactl renders from its import, answer a table of requests alike.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { renderHaproxy } from '../../agent/providers/haproxy/render.ts'
import { renderNginx } from '../../agent/providers/nginx/render.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { importFiles } from '../../spec/import/index.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { CASES } from './import-cases.ts'
import type { Answer, Ask } from './import-peer.ts'
import { shown } from './import-shown.ts'
import {
  isLiteral,
  listenersIn,
  type Program,
  sandboxed,
  serversIn,
  tableOf,
} from './import-table.ts'

const FRONT = `hactl-rt-f${process.pid}`
const BACK = `hactl-rt-b${process.pid}`
const GATEWAY = '10.254.251.1'
/** Not loopback: a client there is a proxy of the machine to hactl. */
const OWN = '10.254.251.2'
const folder = mkdtempSync(join(tmpdir(), 'hactl-round-'))
const CORPUS = ['../shared/corpus', '../../shared/corpus']
  .map((path) => resolve(path))
  .find((path) => existsSync(path))
const has = (argv: readonly string[]) => spawnSync(argv[0] ?? '', argv.slice(1)).status === 0
const rooted = process.getuid?.() === 0 && has(['ip', 'netns', 'list'])
const skip = rooted ? false : 'network namespaces need root'

type Case = { readonly name: string; readonly program: Program; readonly text: string }
const fromCorpus = (program: Program): readonly Case[] =>
  CORPUS === undefined
    ? []
    : readdirSync(join(CORPUS, program)).map((name) => ({
        ...{ name, program },
        text: readFileSync(join(CORPUS, program, name), 'utf8'),
      }))
const cases: readonly Case[] = [...CASES, ...fromCorpus('haproxy'), ...fromCorpus('nginx')]

const ip = (...args: readonly string[]) => {
  const done = spawnSync('ip', args, { encoding: 'utf8' })
  assert.equal(done.status, 0, `ip ${args.join(' ')}: ${done.stderr}`)
}
const inside = (space: string, argv: readonly string[]) => ['netns', 'exec', space, ...argv]

type Peer = { readonly child: ChildProcess; readonly lines: Interface }
const peers: Peer[] = []
function startPeer(space: string): Peer {
  const argv = [process.execPath, join(import.meta.dirname, 'import-peer.ts')]
  const child = spawn('ip', inside(space, argv), { stdio: ['pipe', 'pipe', 'inherit'] })
  assert.ok(child.stdout)
  const peer = { child, lines: createInterface({ input: child.stdout }) }
  peers.push(peer)
  return peer
}
const tell = (peer: Peer, what: readonly unknown[]) =>
  new Promise<string>((done) => {
    peer.lines.once('line', done)
    peer.child.stdin?.write(`${JSON.stringify(what)}\n`)
  })
const isAnswers = (value: unknown): value is readonly Answer[] => Array.isArray(value)

let front: Peer
let back: Peer
before(async () => {
  if (skip !== false) return
  for (const space of [FRONT, BACK]) {
    ip('netns', 'add', space)
    ip('-n', space, 'link', 'set', 'lo', 'up')
  }
  ip('link', 'add', 'veth0', 'netns', FRONT, 'type', 'veth', 'peer', 'name', 'veth0', 'netns', BACK)
  for (const [space, address] of [
    [FRONT, OWN],
    [BACK, GATEWAY],
  ] as const) {
    ip('-n', space, 'address', 'add', `${address}/30`, 'dev', 'veth0')
    ip('-n', space, 'link', 'set', 'veth0', 'up')
  }
  ip('-n', FRONT, 'route', 'add', 'default', 'via', GATEWAY)
  // Every address is the back's own: servers stand wherever a file expects them.
  ip('-n', BACK, 'route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo', 'table', 'main')
  mkdirSync(`/etc/netns/${FRONT}`, { recursive: true })
  writeFileSync(
    join(folder, 'error.http'),
    'HTTP/1.0 503 Sorry\r\nConnection: close\r\n\r\nsorry\n',
  )
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
  ]
  const to = [
    '-keyout',
    join(folder, 'key'),
    '-out',
    join(folder, 'crt'),
    '-subj',
    '/CN=example.org',
  ]
  assert.ok(has(['openssl', ...made, ...to]), 'openssl makes no certificate')
  const pem = ['crt', 'key'].map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  writeFileSync(join(folder, 'cert.pem'), pem)
  front = startPeer(FRONT)
  back = startPeer(BACK)
})
after(() => {
  for (const { child } of peers) child.kill('SIGKILL')
  for (const space of rooted ? [FRONT, BACK] : []) spawnSync('ip', ['netns', 'delete', space])
  rmSync(`/etc/netns/${FRONT}`, { recursive: true, force: true })
  rmSync(folder, { recursive: true })
})

const check = (program: Program, path: string) =>
  spawnSync(
    'ip',
    inside(
      FRONT,
      program === 'haproxy' ? ['haproxy', '-c', '-f', path] : ['nginx', '-t', '-c', path],
    ),
    { encoding: 'utf8' },
  )

/** Starts the program, asks, ends it. */
async function answersOf({ program }: Case, path: string, table: readonly Ask[]) {
  const argv =
    program === 'haproxy'
      ? ['haproxy', '-db', '-f', path]
      : ['nginx', '-c', path, '-g', 'daemon off;']
  const daemon = spawn('ip', inside(FRONT, argv), { stdio: 'ignore' })
  const ended = new Promise((done) => daemon.once('exit', done))
  try {
    const [probe] = table
    for (let tries = 0; probe !== undefined && tries < 60; tries++) {
      const [answer] = await ask([{ ...probe, path: '/', method: 'GET' }])
      if (answer !== undefined && !/ECONNREFUSED|EADDRNOTAVAIL/.test(String(answer.status))) break
      await sleep(25)
    }
    return await ask(table)
  } finally {
    daemon.kill('SIGTERM')
    await ended
  }
}
async function ask(table: readonly Ask[]): Promise<readonly Answer[]> {
  const answers: unknown = JSON.parse(await tell(front, table))
  assert.ok(isAnswers(answers))
  return answers
}

function rendered({ program }: Case, cluster: Cluster): string {
  const facts = fakeFacts('lb1', '192.0.2.11', {
    engines: {
      haproxy: { version: [2, 6, 12], features: [] },
      nginx: { version: [1, 22, 1], features: ['http_v2_module'] },
    },
    ...{ users: [], filesMax: 4096, syslog: false },
  })
  const made =
    program === 'haproxy'
      ? renderHaproxy(cluster, facts, [2, 6, 12])
      : renderNginx(cluster, facts, [1, 22, 1])
  return made.text.replaceAll('/run/hactl/', `${folder}/`)
}

for (const one of cases)
  test(`${one.program} ${one.name}`, { skip }, async (t) => {
    const text = sandboxed(one.text, one.program, folder)
    const servers = serversIn(text)
    const hosts = [...new Set(servers.map(([host]) => host).filter((host) => !isLiteral(host)))]
    const names = new Map(
      hosts.map((host, at) => [host, host === 'localhost' ? '127.0.0.1' : `198.18.0.${at + 1}`]),
    )
    const known = [
      ['127.0.0.1', 'localhost'],
      ...[...names].map(([host, address]) => [address, host]),
    ]
    writeFileSync(`/etc/netns/${FRONT}/hosts`, known.map((line) => `${line.join(' ')}\n`).join(''))
    const original = join(folder, 'original')
    writeFileSync(original, text)
    const accepted = check(one.program, original)
    if (accepted.status !== 0)
      return t.skip(`${one.program} refuses it: ${accepted.stderr.slice(-300)}`)

    const files = [{ name: one.name, node: 'lb1', text, kind: one.program }]
    const done = importFiles(files, { cluster: 'round', addresses: { lb1: '192.0.2.11/24' } })
    const { cluster } = checkSpec(done.text)
    const own = CASES.some(({ name }) => name === one.name)
    const asked = [...done.decisions, ...done.diagnostics].length
    if (cluster === undefined) {
      assert.ok(asked > 0 && !own, JSON.stringify(done.diagnostics))
      return t.skip('a person must decide first')
    }

    // The page of statistics is the node's own until its users are named, which is asked.
    const shut = done.decisions.some(({ where }) => where.startsWith('/stats'))
      ? cluster.stats?.port
      : 0
    const listeners = listenersIn(text, one.program, OWN).filter(({ port }) => port !== shut)
    for (const { address } of listeners.filter(
      (place) => !/^(?:127|10\.254)\./.test(place.address),
    ))
      spawnSync('ip', ['-n', FRONT, 'address', 'add', `${address}/32`, 'dev', 'lo'])
    const taken = new Set(listeners.map(({ port }) => port))
    const places = servers.map(([host, port]) => [port, names.get(host) ?? host] as const)
    const local = places.filter(([port, address]) => address.startsWith('127.') && !taken.has(port))
    await tell(front, local)
    await tell(
      back,
      places
        .filter(([, address]) => !address.startsWith('127.'))
        .map(([port]) => [port, '0.0.0.0']),
    )

    const path = join(folder, 'rendered')
    writeFileSync(path, rendered(one, cluster))
    const checked = check(one.program, path)
    assert.equal(checked.status, 0, checked.stderr)
    const table = tableOf(text, listeners)
    const before = await answersOf(one, original, table)
    const deaf = before.filter(({ status }) => /ECONNREFUSED/.test(String(status)))
    if (deaf.length === table.length && !own && deaf.length > 0)
      return t.skip('the original does not start on this machine')
    const now = await answersOf(one, path, table)
    for (const [at, request] of table.entries()) {
      const [was, is] = [before[at], now[at]]
      assert.ok(was && is)
      const { port, host, method } = request
      const what = `${method} ${host}:${port}${request.path} ${JSON.stringify(request.headers)}`
      assert.deepEqual(shown(is, cluster, names), shown(was, cluster, names), what)
    }
    assert.deepEqual(deaf, [], 'the original does not listen everywhere')
    const answered = before.filter(({ status }) => typeof status === 'number').length
    t.diagnostic(`${table.length} requests, ${answered} answered`)
  })
