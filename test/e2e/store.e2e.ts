// The hub's store on real disks: killed again and again while it writes, and a file system that is full.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '../../spec/secret.ts'
import { hubClient } from '../../cli/client.ts'
import { openStore } from '../../site/store.ts'
import { until } from './example.ts'

const HACTL = resolve('dist/hactl')
const SPEC = readFileSync('spec/examples/wordpress.json', 'utf8')
const KILLS = 20
const DISK_BYTES = 1024 * 1024
const specWith = (port: number) => SPEC.replace('"port": 10086', `"port": ${10_000 + port}`)

let directory = ''
const running = new Set<ChildProcess>()
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'hactl-store-'))
})
after(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = server.address()
  await new Promise((done) => server.close(done))
  assert.ok(typeof at === 'object' && at !== null)
  return at.port
}

/** `prelude`: shell commands in the hub's own mount namespace, before it starts. */
async function startHub(state: string, port: number, prelude = '') {
  const serve = `${prelude} exec ${HACTL} hub --state ${state} --listen 127.0.0.1:${port}`
  const argv = prelude === '' ? ['sh', '-c', serve] : ['unshare', '-m', 'sh', '-c', serve]
  const [file = '', ...rest] = argv
  const child = spawn(file, rest, { stdio: 'ignore' })
  running.add(child)
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const url = `http://127.0.0.1:${port}`
  await until('the hub answers', () =>
    fetch(`${url}/v1/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
    running.delete(child)
  }
  return { child, url, kill }
}

test('killed twenty times while it writes: what was answered is there, and the file is whole', async () => {
  const state = join(directory, 'killed')
  const port = await freePort()
  let answered = 0
  for (let n = 0; n < KILLS; n++) {
    const hub = await startHub(state, port)
    const token = JSON.parse(readFileSync(join(state, 'tokens.json'), 'utf8')).operator
    const client = hubClient({ url: hub.url, token: new Secret(token) })
    assert.ok(((await client.spec())?.revision ?? 0) >= answered)
    let going = true
    const pushing = (async () => {
      for (let parent = (await client.spec())?.revision ?? 0; going; ) {
        const pushed = await client
          .push({ text: specWith(parent % 100), parent, author: 'e2e', note: '', allow: [] })
          .catch(() => undefined)
        if (pushed?.is !== 'created') return
        parent = pushed.revision
        answered = Math.max(answered, pushed.revision)
      }
    })()
    await sleep(20 + 10 * (n % 7))
    await hub.kill()
    going = false
    await pushing
  }
  const store = openStore(join(state, 'hub.db'))
  assert.ok((store.newest()?.revision ?? 0) >= answered)
  store.close()
  const copy = join(directory, 'copy.db')
  const made = spawnSync(HACTL, ['hub', 'backup', copy, '--state', state, '--json'])
  assert.equal(made.status, 0, String(made.stderr))
  assert.ok(JSON.parse(String(made.stdout)).revision >= answered)
  process.stdout.write(`${KILLS} kills, ${answered} revisions answered, none lost\n`)
})

test('a full disk: no push is taken, reading goes on, the page says why; room again, and it goes on by itself', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root: a file system of its own')
  const state = join(directory, 'full')
  mkdirSync(state)
  const port = await freePort()
  const mount = `mount -t tmpfs -o size=${DISK_BYTES},mode=700 tmpfs ${state} &&`
  const hub = await startHub(state, port, mount)
  // The file system is seen in the hub's namespace only.
  const inside = (path: string) => `/proc/${hub.child.pid}/root${state}/${path}`
  const token = JSON.parse(readFileSync(inside('tokens.json'), 'utf8')).operator
  const client = hubClient({ url: hub.url, token: new Secret(token) })
  const push = (port: number, parent: number) =>
    client.push({ text: specWith(port), parent, author: 'e2e', note: '', allow: [] })
  assert.equal((await push(1, 0)).is, 'created')
  assert.throws(() => writeFileSync(inside('filler'), Buffer.alloc(2 * DISK_BYTES)), /ENOSPC/)
  await assert.rejects(push(2, 1), /503.*cannot store the spec: .*full; nothing was changed/)
  assert.equal((await client.spec())?.revision, 1)
  const headers = { authorization: `Bearer ${token}` }
  const get = async (path: string) => (await fetch(`${hub.url}${path}`, { headers })).text()
  await until('the alert', async () => /store:hub/.test(await get('/v1/alerts')))
  assert.match(await get('/'), /the hub cannot write/)
  assert.match(await get('/v1/health'), /"store":"cannot write"/)
  rmSync(inside('filler'))
  await until('it writes again', async () => /"store":"ok"/.test(await get('/v1/health')))
  assert.equal((await push(2, 1)).is, 'created')
  await until('the alert is over', async () => /"open":\[[^\]]*\]/.test(await get('/v1/alerts')))
  await hub.kill()
})
