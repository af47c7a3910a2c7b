// status, history, events: what is shown, how it ends, and where the hub and its token are found.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const DIGEST = 'abcdef0123456789'.repeat(4)

async function against(reply: Reply, argv: readonly string[], setup = {}) {
  const hub = await fakeHub(() => reply)
  const ran = await run([...argv, '--hub', hub.url], setup)
  await hub.close()
  return { ...ran, asked: hub.asked }
}

const vip = (state: 'held' | 'none' | 'split' | 'unknown', ...nodes: string[]) => ({
  vip: 'web',
  addresses: ['192.0.2.33'],
  state,
  holders: nodes.map((node) => ({ node, ageMs: 400 })),
  lastKnown: [],
})
const well = clusterStatus(5, DIGEST, [nodeStatus('lb1', DIGEST, 5)], {
  vips: [vip('held', 'lb1')],
})

test('status of a healthy cluster', async () => {
  const { exit, out } = await against({ status: 200, body: well }, ['status'])
  assert.equal(exit, 0)
  assert.match(out, /^Cluster wordpress, revision 5 \(abcdef01\)\n/)
  assert.match(out, /web {2}held {3}lb1 \(400 ms ago\) {2}192\.0\.2\.33/)
  assert.match(out, /lb1 {3}Ready {6}5 \(abcdef01\) {2}5 \(abcdef01\) {2}120 ms ago/)
})

for (const [name, body] of [
  ['a split vip', { ...well, vips: [vip('split', 'lb1', 'lb2')] }],
  ['a vip nobody holds', { ...well, vips: [vip('none')] }],
  ['an alert', { ...well, alerts: [{ id: 'a', since: 1, text: 'x' }] }],
  [
    'a stalled node',
    { ...well, nodes: [nodeStatus('lb1', DIGEST, 5, { condition: 'Stalled', reason: 'bad' })] },
  ],
] as const)
  test(`status ends with 1 for ${name}`, async () => {
    assert.equal((await against({ status: 200, body }, ['status'])).exit, 1)
  })

test('status shows each server once, as its nodes see it, what is not up first', async () => {
  const views = (status: string, why: string) => ({
    servers: [
      { pool: 'www', server: 'a', status: 'UP', why: '', weight: 1, sessions: 3 },
      { pool: 'www', server: 'b', status, why, weight: 1, sessions: 0 },
    ],
  })
  const seen = (name: string, report: ReturnType<typeof views>) => {
    const node = nodeStatus(name, DIGEST, 5)
    const rest = { daemons: [], drift: [], steps: [], passMs: 1, agentVersion: '1' }
    return { ...node, report: { summary: node.summary, ...rest, ...report } }
  }
  const nodes = [seen('lb1', views('DOWN', 'not in the table')), seen('lb2', views('UP', ''))]
  const { out } = await against({ status: 200, body: { ...well, nodes } }, ['status'])
  const lines = out.slice(out.indexOf('SERVER')).split('\n')
  assert.match(lines[0] ?? '', /^SERVER +HEALTH +WHY$/)
  assert.match(lines[1] ?? '', /^www\/b +DOWN on lb1, UP on lb2 +not in the table$/)
  assert.match(lines[2] ?? '', /^www\/a +UP$/)
})

test('a node cannot drive the terminal', async () => {
  const reason = 'x\u001b]0;owned\u0007\ny'
  const nodes = [nodeStatus('lb1', DIGEST, 5, { condition: 'Degraded', reason })]
  const { out } = await against({ status: 200, body: { ...well, nodes } }, ['status'])
  assert.ok(!out.includes('\u001b'))
  assert.match(out, /x\?\]0;owned\? y\n/)
})

test('status as JSON is what the hub said', async () => {
  const { out } = await against({ status: 200, body: well }, ['status', '--json'])
  const said: unknown = JSON.parse(out)
  assert.deepEqual(said, well)
})

for (const [name, reply] of [
  ['no JSON', { status: 200, body: '<html>' }],
  ['other JSON', { status: 200, body: { hello: 1 } }],
  ['nothing', { status: 200, cut: true }],
  ['an error', { status: 502, body: 'bad gateway' }],
] as const)
  test(`something that answers ${name} is no hub`, async () => {
    const { exit, err } = await against(reply, ['status'])
    assert.equal(exit, 5)
    assert.match(err, /hactl: cannot (?:understand|reach|use)/)
    assert.doesNotMatch(err, /^\s+at /m)
  })

test('history, newest first, and the text of one', async () => {
  const revision = (n: number) => ({
    revision: n,
    digest: DIGEST,
    at: 1,
    author: 'ada',
    note: `note ${n}`,
    allow: n === 2 ? ['blink'] : [],
  })
  const list = { status: 200, body: [revision(1), revision(2)] }
  const { exit, out } = await against(list, ['history', '--limit', '2'])
  assert.equal(exit, 0)
  const [, first, second] = out.split('\n')
  assert.match(first ?? '', /^2 .*abcdef01 {2}ada {5}- {7}blink {4}note 2$/)
  assert.match(second ?? '', /^1 .*note 1$/)
  const text = await against({ status: 200, body: '{"version":1}' }, ['history', '2'])
  assert.equal(text.out, '{"version":1}\n')
  assert.equal(text.asked[0]?.path, '/v1/specs/2')
  assert.equal((await against({ status: 404 }, ['history', '9'])).exit, 1)
})

const event = (seq: number, text: string) => ({
  seq,
  id: `i${seq}`,
  node: 'lb1',
  at: 1,
  kind: 'daemon',
  text,
})

test('events in the order of arrival', async () => {
  const { exit, out } = await against(
    { status: 200, body: [event(2, 'second'), event(1, 'first')] },
    ['events'],
  )
  assert.equal(exit, 0)
  assert.match(out, /first\n.*second\n$/)
})

test('followed events are shown once, over a hub that ends the stream', async () => {
  const stop = new AbortController()
  let streams = 0
  const hub = await fakeHub(({ path }) => {
    if (path !== '/v1/stream') return { status: 200, body: [event(1, 'first')] }
    streams++
    if (streams === 3) stop.abort()
    const frame = (seq: number) =>
      `event: event\ndata: ${JSON.stringify(event(seq, `n${seq}`))}\n\n`
    return {
      status: 200,
      body: `event: status\ndata: {}\n\n${frame(1)}${frame(1 + streams)}data: {"half`,
    }
  })
  const argv = ['events', '--follow', '--json', '--hub', hub.url]
  const { exit, out } = await run(argv, { signal: stop.signal })
  await hub.close()
  assert.equal(exit, 0)
  const texts = out
    .trim()
    .split('\n')
    .map((line) => /"text":"([^"]*)"/.exec(line)?.[1])
  assert.deepEqual(texts.slice(0, 3), ['first', 'n2', 'n3'])
  assert.equal(new Set(texts).size, texts.length)
})

test('where the hub and its token are found', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hactl-home-'))
  const hub = await fakeHub(() => ({ status: 200, body: well }))
  const none = await run(['status'], { env: { HOME: home } })
  assert.equal(none.exit, 2)
  for (const way of ['--hub', 'HACTL_HUB', `${home}/.config/hactl/config.json`])
    assert.ok(none.err.includes(way), way)

  mkdirSync(join(home, '.config/hactl'), { recursive: true })
  const file = join(home, '.config/hactl/config.json')
  writeFileSync(join(home, 'token'), 'from-file\n')
  writeFileSync(file, JSON.stringify({ hub: hub.url, tokenFile: join(home, 'token') }))
  assert.equal((await run(['status'], { env: { HOME: home } })).exit, 0)
  await run(['status'], { env: { HOME: home, HACTL_TOKEN: 'from-env' } })
  await run(['status', '--token', 'from-flag'], { env: { HOME: home, HACTL_TOKEN: 'from-env' } })
  assert.deepEqual(
    hub.asked.map((a) => a.headers.authorization),
    ['Bearer from-file', 'Bearer from-env', 'Bearer from-flag'],
  )

  writeFileSync(file, '{"hub": 7}')
  const bad = await run(['status'], { env: { HOME: home } })
  assert.equal(bad.exit, 2)
  assert.match(bad.err, /config\.json: hub: expected string/)
  await hub.close()
  rmSync(home, { recursive: true })
})

test('a hub that is not there', async () => {
  const hub = await fakeHub(() => undefined)
  await hub.close()
  const { exit, err, out } = await run(['status', '--hub', hub.url])
  assert.equal(exit, 5)
  assert.equal(out, '')
  assert.match(err, /cannot reach the hub at http:.*ECONNREFUSED/)
})
