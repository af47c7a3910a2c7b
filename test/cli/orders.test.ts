// pause, resume and their like: through a scripted hub, and on a node without one.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OrderStatus } from '../../spec/order.ts'
import { clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const DIGEST = 'abcdef0123456789'.repeat(4)
const nodes = ['lb1', 'lb2'].map((node) => nodeStatus(node, DIGEST, 5))
const status = (orders: readonly OrderStatus[] = []) => ({
  ...clusterStatus(5, DIGEST, nodes),
  ...(orders.length === 0 ? {} : { orders: [...orders] }),
})
const order = (about: string, is: OrderStatus['nodes'][number]['is'], why = ''): OrderStatus => ({
  ...{
    id: `o-${about}`,
    kind: 'pause',
    about,
    by: 'kim',
    reason: 'new kernel',
    at: 1_699_999_940_000,
  },
  nodes: [{ node: about, is, why }],
})

async function against(orders: readonly OrderStatus[], argv: readonly string[], answer?: Reply) {
  const hub = await fakeHub(({ method, body }) => {
    if (method === 'GET') return { status: 200, body: status(orders) }
    if (answer !== undefined) return answer
    const about = body === '' ? 'x' : JSON.parse(body).about
    return { status: method === 'POST' ? 201 : 200, body: { id: `o-${about}` } }
  })
  const ran = await run([...argv, '--hub', hub.url])
  await hub.close()
  return { ...ran, asked: hub.asked.filter(({ method }) => method !== 'GET') }
}

test('a pause is given with why and for how long, and is done when the node says so', async () => {
  const argv = ['pause', 'lb1', '--reason', 'new kernel', '--for', '2h']
  const { exit, out, asked } = await against([order('lb1', 'done')], argv)
  assert.equal(exit, 0)
  assert.equal(out, 'lb1 is paused\n')
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
    ...{ kind: 'pause', about: 'lb1', reason: 'new kernel', forMs: 7_200_000 },
  })
  assert.equal(asked[0]?.headers['x-hactl-author'], 'kim')
})

test('what a node does not say it took is not called done', async () => {
  const said = order('lb1', 'not taken', 'its agent does not say that it took it')
  const { exit, out } = await against([said], ['pause', 'lb1'])
  assert.equal(exit, 1)
  assert.match(out, /^lb1 is not paused \(not taken\): its agent does not say that it took it/)
})

test('--all is every node that has an agent; neither a name nor --all is a mistake', async () => {
  const { exit, asked } = await against(
    [order('lb1', 'done'), order('lb2', 'done')],
    ['pause', '--all', '--json'],
  )
  assert.equal(exit, 0)
  assert.deepEqual(
    asked.map(({ body }) => JSON.parse(body).about),
    ['lb1', 'lb2'],
  )
  assert.equal((await against([], ['pause'])).exit, 2)
  assert.equal((await against([], ['resume', 'lb1', '--all'])).exit, 2)
})

test('a refusal is in the words of the hub, also of one that knows no orders', async () => {
  const error = 'cannot pause lb9: nobody knows it'
  const { exit, err } = await against([], ['pause', 'lb9'], { status: 404, body: { error } })
  assert.equal(exit, 4)
  assert.match(err, /cannot pause lb9: nobody knows it\n/)
})

test('resume names kind and node; it is done when no agent has the order any more', async () => {
  const { exit, out, asked } = await against([order('lb1', 'done')], ['resume', 'lb1'])
  assert.equal(exit, 0)
  assert.equal(out, 'lb1 is resumed\n')
  assert.deepEqual(
    asked.map(({ method, path }) => [method, path]),
    [['DELETE', '/v1/orders?kind=pause&about=lb1']],
  )
})

test('the status names each order, who gave it, why, and what the node makes of it', async () => {
  const { out } = await against([order('lb1', 'waits', 'for a peer')], ['status'])
  assert.match(out, /1 order in force:\nORDER +OF +DONE +GIVEN +ENDS +REASON\n/)
  assert.match(
    out,
    /pause lb1 +kim +lb1: waits, for a peer +1 min ago +when taken back +new kernel\n/,
  )
})

test('on a node the word lies where its agent looks; nobody who takes it is said', async () => {
  const state = mkdtempSync(join(tmpdir(), 'hactl-orders-'))
  try {
    const here = (...argv: string[]) => run([...argv, '--here', '--state', state])
    assert.match((await here('pause')).err, /cannot tell the agent here/)
    writeFileSync(join(state, 'meta.json'), '{}')
    const { exit, err } = await here('pause', '--reason', 'a\nb', '--for', '1h')
    assert.equal(exit, 1)
    assert.match(err, /the agent has not taken it yet/)
    assert.deepEqual(JSON.parse(readFileSync(join(state, 'order'), 'utf8')), {
      ...{ do: 'give', kind: 'pause', by: 'kim', reason: 'a b', leftMs: 3_600_000 },
    })
    assert.equal(existsSync(join(state, 'order.new')), false)
  } finally {
    rmSync(state, { recursive: true })
  }
})
