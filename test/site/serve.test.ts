// The hub on a real loopback port and a real disk: restart, tokens, damaged files, live agents.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { serveHub } from '../../site/serve.ts'
import { openStore } from '../../site/store.ts'
import { FRAME_BYTES_MAX } from '../../spec/limits.ts'
import { bearer, fakeCourier, SPEC, testClock } from './kit.ts'

const options = (state: string, listen = ['127.0.0.1:0']) => ({
  state,
  listen,
  open: false,
  clock: testClock(),
  log: () => {},
  courier: fakeCourier(),
})
const tokenOf = (state: string, role: string): string =>
  JSON.parse(readFileSync(join(state, 'tokens.json'), 'utf8'))[role]
async function inState(work: (state: string) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'hub-'))
  try {
    await work(state)
  } finally {
    rmSync(state, { recursive: true })
  }
}

test('a restart from disk keeps specs and tokens; only its owner may read them', () =>
  inState(async (state) => {
    const first = await serveHub(options(state))
    const headers = bearer(tokenOf(state, 'operator'))
    const pushed = await fetch(`${first.addresses[0]}/v1/specs`, {
      method: 'POST',
      body: SPEC,
      headers: { ...headers, 'if-match': '0' },
    })
    assert.equal(pushed.status, 201)
    await first.close()
    const second = await serveHub(options(state))
    assert.equal(await (await fetch(`${second.addresses[0]}/v1/spec`, { headers })).text(), SPEC)
    await second.close()
    assert.equal(statSync(join(state, 'tokens.json')).mode & 0o777, 0o600)
  }))

test('a unix socket serves the same', () =>
  inState(async (state) => {
    const socketPath = join(state, 'hub.sock')
    const hub = await serveHub(options(state, [`unix:${socketPath}`]))
    const status = await new Promise((resolve, reject) => {
      request({ socketPath, path: '/v1/health' }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
    assert.equal(status, 200)
    await hub.close()
  }))

test('damaged files and bad addresses are refused with a clear message, and left as they are', () =>
  inState(async (state) => {
    await assert.rejects(serveHub(options(state, ['nonsense'])), /cannot listen on 'nonsense'/)
    const file = join(state, 'hub.db')
    truncateSync(file, 1_000)
    await assert.rejects(serveHub(options(state)), /cannot open the hub's store .*hub\.db/)
    assert.equal(statSync(file).size, 1_000)
    writeFileSync(join(state, 'tokens.json'), '{"viewer":')
    await assert.rejects(serveHub(options(state)), /cannot use .*tokens\.json: not three tokens/)
    assert.equal(readFileSync(join(state, 'tokens.json'), 'utf8'), '{"viewer":')
  }))

test('a store written by a newer version is refused', () =>
  inState(async (state) => {
    const path = join(state, 'hub.db')
    openStore(path).close()
    const { DatabaseSync } = await import('node:sqlite')
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    assert.throws(() => openStore(path), /written by a newer hactl/)
  }))

test('sockets: a wrong token gets 401, an oversized frame 1009, a bad one 1008; the hub goes on', () =>
  inState(async (state) => {
    const hub = await serveHub(options(state))
    const url = `${hub.addresses[0]?.replace('http', 'ws')}/v1/agent`
    const refused = await new Promise((resolve) => {
      const ws = new WebSocket(url, { headers: bearer('wrong') })
      ws.on('error', () => {})
      ws.on('unexpected-response', (_, answer) => resolve(answer.statusCode))
    })
    assert.equal(refused, 401)
    const endOf = (frame: string): Promise<number> =>
      new Promise((resolve) => {
        const ws = new WebSocket(url, { headers: bearer(tokenOf(state, 'agent')) })
        ws.on('error', () => {})
        ws.on('open', () => ws.send(frame))
        ws.on('close', resolve)
      })
    assert.equal(await endOf('x'.repeat(FRAME_BYTES_MAX + 1)), 1009)
    assert.equal(await endOf('{"type":"hello"'), 1008)
    assert.equal((await fetch(`${hub.addresses[0]}/v1/health`)).status, 200)
    await hub.close()
  }))
