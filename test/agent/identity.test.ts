// Nodes that know each other by certificates of a real hub, over real TLS: who asks, who answers, who is refused.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { bearer, NO_SECRET, Secret } from '../../spec/secret.ts'
import { openIdentity } from '../../agent/identity.ts'
import { readFileState, writeFileAtomic } from '../../agent/host/files.ts'
import { httpGet } from '../../agent/host/get.ts'
import { identityDoors } from '../../agent/host/identity-doors.ts'
import { askNodes, askPeer, type PeerDoor } from '../../agent/peers.ts'
import { servePeers } from '../../agent/uplink/peer-server.ts'
import { serveHub } from '../../site/serve.ts'
import { NODE_HEADER } from '../../spec/report.ts'
import { fakeCourier, SPEC, summaryOf, testClock } from '../site/kit.ts'
import { type Bench, tlsHub } from '../site/tls/hub.ts'
import { DAY_MS } from '../site/tls/kit.ts'
import { temporaryDirectory } from './host/temporary.ts'

const random = { between: (min: number) => min, id: () => 'id' }
const host = { get: httpGet }

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createNetServer().listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0))
    })
  })

/** A node with a token of its own, and, where it has asked for it, a certificate. */
async function nodeOf(
  t: TestContext,
  hub: Bench,
  name: string,
  with_: { certificate?: boolean; token?: string } = {},
) {
  const state = await temporaryDirectory(t)
  const token = await hub.enrol(name)
  const clock = { ...testClock(), now: () => Date.now() + ahead.ms }
  const ahead = { ms: 0 }
  const said: string[] = []
  const open = () =>
    openIdentity(
      { node: name, state },
      {
        doors: identityDoors({ read: readFileState, write: writeFileAtomic }, hub.url, {
          token: () => new Secret(token),
          ca: () => [hub.ca],
        }),
        ...{ clock, random, say: (text) => void said.push(text) },
      },
    )
  const identity = await open()
  if (with_.certificate !== false) await identity.look()
  const port = await freePort()
  const asked: string[] = []
  const shared = new Secret(with_.token ?? 'shared-token')
  const server = servePeers({
    ...{ port, token: shared, identity, summary: () => summaryOf(name) },
    onAsked: (node) => void asked.push(node),
    verify: async () => undefined,
    onError: assert.fail,
    metrics: async () => '',
  })
  t.after(() => server.close())
  /** Asks another node, as the pass does. */
  const ask = async (other: { readonly name: string; readonly port: number }) => {
    const door: PeerDoor = { port: other.port, token: shared, identity }
    const place = { name: other.name, addresses: ['127.0.0.1'] }
    const found = await askNodes(host, door, [place], { [NODE_HEADER]: name })
    return found.has(other.name)
  }
  return { name, state, identity, open, ahead, port, asked, ask, said, shared }
}

async function hubWithSpec(t: TestContext) {
  const hub = await tlsHub(t)
  const push = { method: 'POST', body: SPEC, headers: { ...hub.auth('operator'), 'if-match': '0' } }
  assert.equal((await hub.ask('/v1/specs', push)).status, 201)
  return hub
}
/** Two that share a vip, know each other by certificate, and no token in common. */
async function pair(t: TestContext) {
  const hub = await hubWithSpec(t)
  const lb1 = await nodeOf(t, hub, 'lb1', { token: 'token-of-lb1' })
  const lb2 = await nodeOf(t, hub, 'lb2', { token: 'token-of-lb2' })
  await Promise.all([lb1.identity.look(), lb2.identity.look()])
  return { hub, lb1, lb2 }
}

test('two nodes of a vip know each other by certificate alone; the key is for root and never travels', async (t) => {
  const { lb1, lb2 } = await pair(t)
  assert.ok(await lb1.ask(lb2))
  assert.ok(await lb2.ask(lb1))
  assert.deepEqual([...lb1.asked, ...lb2.asked], ['lb2', 'lb1'])
  const file = `${lb1.state}/node.pem`
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match(readFileSync(file, 'utf8'), /BEGIN PRIVATE KEY/)
  // After a restart, without the hub: from disk.
  const again = await lb1.open()
  assert.equal(again.towards('lb2')?.cert, lb1.identity.towards('lb2')?.cert)
})

test('who answers with the certificate of another node is not believed', async (t) => {
  const { hub, lb1, lb2 } = await pair(t)
  const impostor = { name: 'lb1', port: lb2.port }
  const door: PeerDoor = { port: impostor.port, token: NO_SECRET, identity: lb1.identity }
  const tls = lb2.identity.towards('lb1')
  assert.ok(tls !== undefined)
  const url = `https://127.0.0.1:${impostor.port}/v1/peer`
  assert.equal((await httpGet(url, {}, 2_000, tls)).status, 0)
  assert.equal((await httpGet(url, {}, 2_000, { ...tls, node: 'lb2' })).status, 200)
  assert.equal(
    (await askPeer(host, door, { ...impostor, address: '127.0.0.1', path: '/v1/peer' }, {}, 2_000))
      .status,
    401,
  )
  assert.ok(hub.url.startsWith('https:'))
})

test('a certificate speaks for its own node: another name beside it is refused', async (t) => {
  const { lb1, lb2 } = await pair(t)
  const tls = lb1.identity.towards('lb2')
  assert.ok(tls !== undefined)
  const url = `https://127.0.0.1:${lb2.port}/v1/peer`
  assert.equal((await httpGet(url, { [NODE_HEADER]: 'lb9' }, 2_000, tls)).status, 403)
  assert.deepEqual(lb2.asked, [])
})

test('a node of another CA is nobody, on either side', async (t) => {
  const { lb1, lb2 } = await pair(t)
  const { lb2: stranger } = await pair(t)
  const tls = lb1.identity.towards('lb2')
  const theirs = stranger.identity.towards('lb1')
  assert.ok(tls !== undefined && theirs !== undefined)
  // Ours asks theirs: its certificate is refused.
  assert.equal(
    (await httpGet(`https://127.0.0.1:${stranger.port}/v1/peer`, {}, 2_000, tls)).status,
    0,
  )
  // Theirs asks ours, and does not care who answers: its certificate says nothing here.
  const careless = { ...theirs, ca: tls.ca, node: 'lb2' }
  assert.equal(
    (await httpGet(`https://127.0.0.1:${lb2.port}/v1/peer`, {}, 2_000, careless)).status,
    401,
  )
  assert.deepEqual([...lb2.asked, ...stranger.asked], [])
})

test('a revoked node is refused by its peers as soon as they hear it, and not asked any more', async (t) => {
  const { hub, lb1, lb2 } = await pair(t)
  assert.ok(await lb2.ask(lb1))
  const tls = lb1.identity.towards('lb2')
  assert.ok(tls !== undefined)
  const answers = async () =>
    (await httpGet(`https://127.0.0.1:${lb2.port}/v1/peer`, {}, 2_000, tls)).status
  assert.equal(await answers(), 200)
  const revoke = { method: 'DELETE', body: '', headers: hub.auth('operator') }
  assert.equal((await hub.ask('/v1/tokens/node-lb2', revoke)).status, 200)
  assert.equal(await lb1.identity.look(), 'changed')
  assert.ok(!(await lb2.ask(lb1)))
  assert.ok(!(await lb1.ask(lb2)))
  assert.equal(await answers(), 0)
  assert.deepEqual(lb1.asked, ['lb2'])
  // Over a restart without the hub.
  const serial = JSON.parse(readFileSync(`${lb1.state}/peers.json`, 'utf8')).revoked[0]
  assert.ok((await lb1.open()).revoked(serial))
  // And it gets no other by its old token.
  await assert.rejects(lb2.identity.look(), /it answers 401/)
})

test('mixed: a node without a certificate is asked and heard by the shared token, one that has one no longer', async (t) => {
  const hub = await hubWithSpec(t)
  const lb1 = await nodeOf(t, hub, 'lb1')
  const lb2 = await nodeOf(t, hub, 'lb2', { certificate: false })
  await lb1.identity.look()
  assert.ok(await lb1.ask(lb2))
  assert.ok(await lb2.ask(lb1))
  assert.deepEqual([...lb1.asked, ...lb2.asked], ['lb2', 'lb1'])
  await lb2.identity.look()
  await lb1.identity.look()
  await lb2.identity.look()
  assert.ok(await lb1.ask(lb2))
  assert.ok(await lb2.ask(lb1))
  // Its name with the token alone, in plain or over TLS, is a lie now.
  const headers = { authorization: bearer(lb2.shared), [NODE_HEADER]: 'lb2' }
  for (const scheme of ['http', 'https'])
    assert.equal(
      (await httpGet(`${scheme}://127.0.0.1:${lb1.port}/v1/peer`, headers, 2_000)).status,
      403,
    )
  // Probes of this machine go on in plain.
  assert.equal((await httpGet(`http://127.0.0.1:${lb1.port}/healthz`, {}, 2_000)).status, 200)
  assert.equal((await httpGet(`http://127.0.0.1:${lb1.port}/metrics`, {}, 2_000)).status, 200)
})

test('renewed when half of its life is over, shown at once; one that is over is not shown', async (t) => {
  const { lb1, lb2 } = await pair(t)
  const first = lb1.identity.shown()?.cert
  // The hub's clock is two months behind, and so is the middle of what it signed.
  lb1.ahead.ms = 110 * DAY_MS
  await lb1.identity.look()
  assert.equal(lb1.identity.shown()?.cert, first)
  lb1.ahead.ms = 130 * DAY_MS
  assert.equal(await lb1.identity.look(), 'changed')
  assert.notEqual(lb1.identity.shown()?.cert, first)
  // Both were signed by the same hub, whose clock is the real one.
  assert.ok(await lb1.ask(lb2))
  assert.ok(await lb2.ask(lb1))
  assert.match(lb1.said.join('\n'), /peers know this node by a certificate until/)
  lb1.ahead.ms = 400 * DAY_MS
  assert.equal(lb1.identity.shown(), undefined)
  assert.equal(lb1.identity.towards('lb2'), undefined)
})

test('a hub without a CA, and a token that all share, give no certificate', async (t) => {
  const state = await temporaryDirectory(t)
  const plain = await serveHub({
    ...{ state, listen: ['127.0.0.1:0'], open: false, clock: testClock() },
    ...{ log: () => undefined, courier: fakeCourier() },
  })
  t.after(() => plain.close())
  const { agent } = JSON.parse(readFileSync(`${state}/tokens.json`, 'utf8'))
  const files = { read: readFileState, write: writeFileAtomic }
  const ask = async (url: string, token: string, ca: readonly string[] | undefined) => {
    const doors = identityDoors(files, url, { token: () => new Secret(token), ca: () => ca })
    const of = { node: 'lb1', state: await temporaryDirectory(t) }
    const identity = await openIdentity(of, { doors, clock: testClock(), random, say: assert.fail })
    return identity.look()
  }
  assert.equal(await ask(plain.addresses[0] ?? '', agent, undefined), 'none')
  const hub = await tlsHub(t)
  assert.equal(await ask(hub.url, hub.tokens['agent'] ?? '', [hub.ca]), 'none')
})
