// hactl diff: revisions by number, a node by what it runs, files; and what each node would do.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OrderSaid } from '../../spec/order.ts'
import { clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const FILE = './spec/examples/wordpress.json'
const OLD = readFileSync(FILE, 'utf8')
const NEW = OLD.replace('"port": 8080', '"port": 8081')

const DRAIN: OrderSaid = {
  ...{ id: 'o1', kind: 'drain', about: 'appsrvs/wp1', by: 'kim', reason: 'disk', at: 1 },
  ...{ here: false, is: 'done', why: '' },
}

const spec = (revision: number, text: string): Reply => ({
  status: 200,
  body: text,
  headers: { 'x-hactl-revision': String(revision), 'x-hactl-digest': 'd' },
})

async function diff(...argv: string[]) {
  const hub = await fakeHub(({ path }) => {
    if (path === '/v1/spec') return spec(4, NEW)
    if (path === '/v1/specs/3') return spec(3, OLD)
    if (path !== '/v1/status') return { status: 404 }
    return {
      status: 200,
      body: clusterStatus(4, 'd', [nodeStatus('lb1', 'd', 3, { orders: [DRAIN] })]),
    }
  })
  try {
    return await run(['diff', ...argv, '--hub', hub.url])
  } finally {
    await hub.close()
  }
}

test('a revision against the newest: the lines that differ', async () => {
  const { exit, out } = await diff('3')
  assert.equal(exit, 0)
  assert.match(out, /^--- revision 3\n\+\+\+ revision 4\n/)
  assert.match(out, /^-.*8080.*\n\+.*8081/m)
})

test('a node is what it runs, by its own word, and the orders that hold there', async () => {
  const { out } = await diff('lb1')
  assert.match(out, /^--- lb1 \(revision 3\)\n\+\+\+ revision 4\n/)
  assert.match(out, /^order: drain appsrvs\/wp1 by kim: disk \(done\)$/m)
  assert.doesNotMatch((await diff('3')).out, /order:/)
  const unknown = await diff('lb9')
  assert.equal(unknown.exit, 1)
  assert.match(unknown.err, /cannot find node lb9.*\n.*\.\/lb9/)
})

test('with --files: the steps of each node that has some, and none where there are none', async () => {
  assert.match((await diff('3', '7')).err, /cannot find revision 7/)
  const files = await diff('3', '--files')
  assert.match(files.out, /node lb1: 1 step\(s\)/)
  assert.match(files.out, /\+ +server stcsrvs1 .*:8081/)
  assert.doesNotMatch(files.out, /node web1/)
})

test('two files need no hub; equal ones are said to be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hactl-diff-'))
  try {
    const file = join(folder, 'new.json')
    writeFileSync(file, NEW)
    const { exit, out } = await run(['diff', FILE, file, '--json'])
    assert.equal(exit, 0)
    const said: unknown = JSON.parse(out)
    assert.ok(typeof said === 'object' && said !== null && 'same' in said && !said.same)
    assert.match((await run(['diff', FILE, FILE])).out, /are the same text/)
    writeFileSync(file, '{')
    assert.equal((await run(['diff', FILE, file, '--files'])).exit, 3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
