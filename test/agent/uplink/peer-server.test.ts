// The door for peers: who knocks with the right token is told, with or without one configured.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
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

async function statusOf(t: TestContext, token: string, header: string): Promise<number> {
  const port = await freePort()
  const summary = () => summaryOf('lb1', [])
  const server = servePeers({
    port,
    token,
    summary,
    onAsked: () => undefined,
    onError: (why) => assert.fail(why),
  })
  t.after(() => server.close())
  const url = `http://127.0.0.1:${port}/v1/peer`
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
