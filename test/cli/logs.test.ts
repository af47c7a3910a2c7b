// hactl logs: through a hub or on the node, once or for as long as somebody looks.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryDirectory } from '../agent/host/temporary.ts'
import { clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const line = (text: string, at?: number) => ({
  unit: 'haproxy',
  text,
  ...(at !== undefined && { at }),
})
const answer = (lines: readonly object[], after = 'c1', note = '', error = ''): Reply => ({
  status: 200,
  body: { lines, after, note, error },
})
const status: Reply = {
  status: 200,
  body: clusterStatus(1, 'd', [nodeStatus('lb1', 'd', 1), nodeStatus('lb2', 'd', 1)]),
}

test('all nodes, in the order of their times; one that cannot is said and the exit is 1', async () => {
  const hub = await fakeHub(({ path }) => {
    if (path === '/v1/status') return status
    return path.startsWith('/v1/logs/lb1')
      ? answer([line('first', 1_000), line('third\u001b[2J', 3_000)])
      : answer([line('second', 2_000)], 'c', 'some are missing')
  })
  const ran = await run(['logs', '--hub', hub.url, '--unit', 'haproxy', '--since', '10m'])
  assert.equal(ran.exit, 0)
  assert.deepEqual(
    ran.out
      .trimEnd()
      .split('\n')
      .map((text) => text.slice(21)),
    ['lb1 haproxy  first', 'lb2 haproxy  second', 'lb1 haproxy  third?[2J'],
  )
  assert.equal(ran.err, 'lb2: some are missing\n')
  const asked = hub.asked.find(({ path }) => path.startsWith('/v1/logs/lb1'))
  assert.equal(
    asked?.path,
    `/v1/logs/lb1?lines=100&unit=haproxy&since=${1_700_000_000_000 - 600_000}`,
  )
  await hub.close()
})

test('refusals: a node that is too old, a name that nobody has, an agent that cannot read', async () => {
  const replies: Record<string, Reply> = {
    old: { status: 409, body: { error: 'cannot read the logs of old: its agent is too old' } },
    none: { status: 404, body: { error: 'cannot find node none' } },
    away: { status: 503, body: { error: 'cannot read the logs of away: not connected' } },
    sick: answer([], '', '', 'cannot read the journal: it takes too long'),
  }
  const hub = await fakeHub(({ path }) => replies[/logs\/(\w+)/.exec(path)?.[1] ?? ''])
  for (const [node, exit, says] of [
    ['old', 4, /too old/],
    ['none', 1, /cannot find node none/],
    ['away', 5, /not connected/],
    ['sick', 1, /cannot read the logs of sick: cannot read the journal/],
  ] as const) {
    const ran = await run(['logs', node, '--hub', hub.url])
    assert.equal(ran.exit, exit, node)
    assert.match(ran.err, says)
  }
  assert.equal((await run(['logs', 'lb1', '--hub', hub.url, '--since', 'yesterday'])).exit, 2)
  await hub.close()
})

test('following goes on where it was, through a hub that is away for a moment, one line of JSON each', async () => {
  const stop = new AbortController()
  let asks = 0
  const hub = await fakeHub(() => {
    asks++
    if (asks === 1) return answer([line('one')], 'c1')
    if (asks === 2 || asks === 3) return { status: 0, cut: true }
    if (asks === 4) return answer([line('two')], 'c2')
    stop.abort()
    return answer([], 'c2')
  })
  const ran = await run(['logs', 'lb1', '-f', '--json', '--hub', hub.url], { signal: stop.signal })
  assert.equal(ran.exit, 0)
  assert.deepEqual(
    ran.out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).text),
    ['one', 'two'],
  )
  assert.deepEqual(
    hub.asked.map(({ path }) => new URL(path, 'http://h').searchParams.get('after')),
    [null, 'c1', 'c1', 'c1', 'c2'],
  )
  await hub.close()
})

test('on the node: what its configuration says is read, without any hub', async (t) => {
  const directory = await temporaryDirectory(t)
  mkdirSync(`${directory}/log`)
  writeFileSync(`${directory}/log/agent.log`, '2026-01-01T00:00:00.000Z event: token abcdefgh\n')
  const config = `${directory}/agent.json`
  const source = { path: '/spec.json' }
  writeFileSync(
    config,
    JSON.stringify({ node: 'lb1', run: directory, supervisor: 'builtin', source }),
  )
  const ran = await run(['logs', '--here', '--json', '--config', config])
  const { lines } = JSON.parse(ran.out)
  assert.deepEqual(lines, [
    { node: 'lb1', unit: 'agent', at: Date.UTC(2026, 0, 1), text: 'event: token (hidden)' },
  ])
  const other = await run(['logs', 'lb2', '--here', '--config', config])
  assert.deepEqual([other.exit, /this is lb1/.test(other.err)], [2, true])
})
