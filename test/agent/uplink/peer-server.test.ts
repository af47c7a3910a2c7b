// The door for peers: who knocks with the right token is told, with or without one configured.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { Secret } from '../../../spec/secret.ts'
import { httpGet } from '../../../agent/host/get.ts'
import { servePeers } from '../../../agent/uplink/peer-server.ts'
import { summaryOf } from '../../site/kit.ts'

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      )
    })
  })

type Ask = { readonly path?: string; readonly host?: string; readonly ready?: boolean }
async function statusOf(
  t: TestContext,
  token: string,
  header: string,
  { path = '/v1/peer', host = '127.0.0.1', ready = true }: Ask = {},
): Promise<number> {
  const port = await freePort()
  const condition = ready ? ('Ready' as const) : ('Degraded' as const)
  const summary = () => ({ ...summaryOf('lb1', []), condition })
  const server = servePeers({
    port,
    token: new Secret(token),
    summary,
    onAsked: () => undefined,
    verify: async () => undefined,
    onError: (why) => assert.fail(why),
    metrics: async () => 'hactl_agent_drifts 0\n',
  })
  t.after(() => server.close())
  const url = `http://${host}:${port}${path}`
  return (await httpGet(url, { authorization: header }, 2_000)).status
}

test('the right token opens, another does not', async (t) => {
  assert.equal(await statusOf(t, 'peer-token-1', 'Bearer peer-token-1'), 200)
  assert.equal(await statusOf(t, 'peer-token-1', 'Bearer peer-token-2'), 401)
  assert.equal(await statusOf(t, 'peer-token-1', 'Bearer '), 401)
})

test('peers without a token hear each other', async (t) => {
  assert.equal(await statusOf(t, '', 'Bearer '), 200)
  assert.equal(await statusOf(t, '', 'Bearer something'), 401)
})

test('metrics: without a token from this node, with the token from elsewhere', async (t) => {
  const path = '/metrics'
  assert.equal(await statusOf(t, 'peer-token-1', '', { path }), 200)
  const other = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find((one) => one.family === 'IPv4' && !one.internal)
  if (other === undefined) return
  const host = other.address
  assert.equal(await statusOf(t, 'peer-token-1', '', { path, host }), 401)
  assert.equal(await statusOf(t, 'peer-token-1', 'Bearer peer-token-1', { path, host }), 200)
})

test('probes need no token: the agent answers; it is ready when its node is', async (t) => {
  const ask = (path: string, ready: boolean) => statusOf(t, 'peer-token-1', '', { path, ready })
  assert.equal(await ask('/healthz', false), 200)
  assert.equal(await ask('/readyz', true), 200)
  assert.equal(await ask('/readyz', false), 503)
})
