// hactl push and rollback against a scripted hub: what is sent, what is followed, how it ends.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'
import type { ClusterStatus } from '../../spec/status.ts'
import { type Asked, clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const FILE = 'spec/examples/wordpress.json'
const TEXT = readFileSync(FILE, 'utf8')
const OLD_TEXT = TEXT.replace('"port": 8080', '"port": 8081')
const digestOf = (text: string): string => checkSpec(text).cluster?.digest ?? 'invalid'
const DIGEST = digestOf(TEXT)
const OLD = digestOf(OLD_TEXT)
assert.notEqual(OLD, 'invalid')
assert.notEqual(OLD, DIGEST)

const entry = (revision: number) => ({
  ...{ revision, digest: OLD, at: 1, author: 'kim', note: '', allow: [] },
})

type Script = {
  /** Answers of /v1/status in turn; the last one stays. */
  readonly statuses?: readonly (ClusterStatus | 'cut')[]
  readonly post?: Reply
  readonly revisions?: unknown
}

function scripted({ statuses = [], post, revisions }: Script) {
  let turn = 0
  return ({ method, path }: Asked): Reply | undefined => {
    if (method === 'POST') return post ?? { status: 201, body: { revision: 5, digest: DIGEST } }
    if (path === '/v1/spec' || path === '/v1/specs/3')
      return {
        status: 200,
        body: OLD_TEXT,
        headers: { 'x-hactl-revision': '4', 'x-hactl-digest': OLD },
      }
    if (path.startsWith('/v1/specs?'))
      return { status: 200, body: revisions ?? [entry(4), entry(3)] }
    if (path !== '/v1/status') return undefined
    const status = statuses[Math.min(turn++, statuses.length - 1)]
    return status === undefined || status === 'cut'
      ? { status: 0, cut: true }
      : { status: 200, body: status }
  }
}

async function push(script: Script, ...flags: string[]) {
  const hub = await fakeHub(scripted(script))
  try {
    const ran = await run(['push', FILE, '--hub', hub.url, ...flags])
    return { ...ran, posts: hub.asked.filter((a) => a.method === 'POST'), asked: hub.asked }
  } finally {
    await hub.close()
  }
}

const before = clusterStatus(5, DIGEST, [nodeStatus('lb1', OLD, 4), nodeStatus('lb2', OLD, 4)])
const half = clusterStatus(5, DIGEST, [
  nodeStatus('lb1', OLD, 4, { wanted: DIGEST, wantedRevision: 5, condition: 'Reconciling' }),
  nodeStatus('lb2', DIGEST, 5),
])
const done = clusterStatus(5, DIGEST, [nodeStatus('lb1', DIGEST, 5), nodeStatus('lb2', DIGEST, 5)])

test('followed until every node proved it', async () => {
  const { exit, out, err, posts } = await push({ statuses: [before, half, done] })
  assert.equal(err, '')
  assert.equal(exit, 0)
  assert.match(out, /lb1 .*\n(?:.*\n)*Revision 5 \([0-9a-f]{8}\) is on the hub\./)
  assert.match(out, /lb2 {2}ready/)
  assert.match(out, /lb1 {2}ready(?:.*\n)Revision 5 is proved on 2 nodes after 400 ms\.\n$/)
  assert.equal(posts.length, 1)
  assert.equal(posts[0]?.body, TEXT)
  assert.equal(posts[0]?.headers['if-match'], '"4"')
  assert.equal(posts[0]?.headers['x-hactl-author'], 'kim')
})

test('a change is said once, not at every look', async () => {
  const { out } = await push({ statuses: [before, before, before, half, half, done] })
  assert.equal(out.match(/lb1 {2}waiting {2}has not fetched it yet/g)?.length, 1)
})

test('overrides, note and token reach the hub', async () => {
  const { exit, posts } = await push(
    { statuses: [done] },
    ...['--note', 'naïve 100%', '--token', 'secret-token'],
    ...['--allow-blink', '--allow-removals', '--allow-empty'],
  )
  assert.equal(exit, 0)
  const headers = posts[0]?.headers ?? {}
  assert.equal(decodeURIComponent(String(headers['x-hactl-note'])), 'naïve 100%')
  assert.equal(headers['x-hactl-allow'], 'blink,removals,empty')
  assert.equal(headers.authorization, 'Bearer secret-token')
})

test('JSON is one document, with a line per node', async () => {
  const { exit, out } = await push({ statuses: [half, done] }, '--json')
  assert.equal(exit, 0)
  const said: unknown = JSON.parse(out)
  assert.deepEqual(said, {
    ok: true,
    exit: 0,
    digest: DIGEST,
    outcome: 'ready',
    revision: 5,
    nodes: [
      { node: 'lb1', is: 'ready', says: 'runs it, proved', afterMs: 200 },
      { node: 'lb2', is: 'ready', says: 'runs it, proved', afterMs: 0 },
    ],
    elapsedMs: 200,
  })
})

test('a node that went back ends it, with the reason of the node', async () => {
  const failed = clusterStatus(5, DIGEST, [
    nodeStatus('lb1', DIGEST, 5),
    nodeStatus('lb2', OLD, 4, {
      wanted: DIGEST,
      wantedRevision: 5,
      failed: DIGEST,
      condition: 'Stalled',
      reason: 'cannot bind 0.0.0.0:80\u001b[2J: EADDRINUSE',
    }),
  ])
  const { exit, err } = await push({ statuses: [half, failed] })
  assert.equal(exit, 1)
  assert.match(err, /was not taken by lb2: cannot bind 0\.0\.0\.0:80\?\[2J: EADDRINUSE/)
  assert.match(err, /hactl rollback/)
})

test('a refusal by a guard has its own code', async () => {
  const refused = clusterStatus(5, DIGEST, [
    nodeStatus('lb1', OLD, 4, {
      wanted: DIGEST,
      wantedRevision: 5,
      failed: DIGEST,
      condition: 'Stalled',
      reason: 'cannot apply: every server of pool appsrvs goes; hactl push --allow-empty',
    }),
  ])
  const { exit, err } = await push({ statuses: [refused] })
  assert.equal(exit, 4)
  assert.match(err, /was refused by lb1/)
})

test('an old failure of the same digest is not held against a new revision', async () => {
  const old = clusterStatus(5, DIGEST, [
    nodeStatus('lb1', OLD, 3, {
      wanted: DIGEST,
      failed: DIGEST,
      condition: 'Stalled',
      reason: 'x',
    }),
    nodeStatus('lb2', DIGEST, 5),
  ])
  assert.equal((await push({ statuses: [old, done] })).exit, 0)
})

test('running it is not enough: the node must be Ready', async () => {
  const degraded = clusterStatus(5, DIGEST, [
    nodeStatus('lb1', DIGEST, 5, { condition: 'Degraded', reason: 'haproxy does not answer' }),
    nodeStatus('lb2', DIGEST, 5),
  ])
  const { exit, err } = await push({ statuses: [degraded] }, '--timeout', '2s')
  assert.equal(exit, 1)
  assert.match(err, /not proved after 2\.0 s: lb1: Degraded: haproxy does not answer/)
})

test('time over names who is late', async () => {
  const { exit, err, out } = await push({ statuses: [before] }, '--timeout', '500ms')
  assert.equal(exit, 1)
  assert.match(err, /revision 5 is not proved after 500 ms: lb1: has not fetched it yet; lb2/)
  assert.match(err, /hactl status --watch/)
  assert.doesNotMatch(out, /is proved/)
})

test('nodes without an agent are said plainly', async () => {
  const silent = clusterStatus(5, DIGEST, [
    nodeStatus('lb1', DIGEST, 5),
    { ...nodeStatus('lb2', DIGEST, 5), ageMs: 9_000, stale: true, connected: false },
  ])
  const script = { statuses: [silent] }
  const { exit, err } = await push(script)
  assert.equal(exit, 1)
  assert.match(err, /proved on 1 of 2 nodes; lb2: its agent is silent for 9\.0 s/)
  const allowed = await push(script, '--allow-missing')
  assert.equal(allowed.exit, 0)
  assert.match(allowed.out, /Not asked: lb2: its agent is silent/)
  const nobody = await push({ statuses: [clusterStatus(5, DIGEST, [])] }, '--allow-missing')
  assert.equal(nobody.exit, 1)
})

test('a conflict names who was faster', async () => {
  const { exit, err } = await push({
    post: { status: 409, body: { revision: 9, error: 'x' } },
    revisions: [
      { revision: 9, digest: OLD, at: 1, author: 'ada', note: 'more servers', allow: [] },
    ],
  })
  assert.equal(exit, 6)
  assert.match(err, /ada pushed revision 9 \("more servers"\), and you started from revision 4/)
})

test('a newer revision ends the watch', async () => {
  const { exit, err } = await push({ statuses: [half, { ...half, revision: 6 }] })
  assert.equal(exit, 6)
  assert.match(err, /revision 5 was replaced by revision 6/)
})

test('a hub that dies meanwhile is waited for', async () => {
  const { exit, out } = await push({ statuses: [half, 'cut', 'cut', done] })
  assert.equal(exit, 0)
  assert.match(out, /hub {2}cannot reach the hub at .*; waiting/)
  assert.match(out, /hub {2}answers again/)
})

test('a hub that stays away ends with the time', async () => {
  const { exit, err } = await push({ statuses: ['cut'] }, '--timeout', '1s')
  assert.equal(exit, 1)
  assert.match(err, /the hub did not answer/)
})

test('faults found by the hub are shown as ours are', async () => {
  const fault = { code: 'HA099', severity: 'error', path: '/nodes', message: 'cannot', hint: 'h' }
  const { exit, err } = await push({ post: { status: 422, body: { diagnostics: [fault] } } })
  assert.equal(exit, 3)
  assert.match(err, /HA099/)
})

for (const [status, exit, says] of [
  [401, 4, /does not know the token/],
  [403, 4, /the token may not do this/],
  [413, 3, /too large/],
  [500, 5, /it answers 500/],
] as const)
  test(`the hub answers ${status}`, async () => {
    const ran = await push({ post: { status, body: { error: 'because' } } })
    assert.equal(ran.exit, exit)
    assert.match(ran.err, says)
    assert.match(ran.err, /\(because\)/)
  })

test('--no-wait sends and ends', async () => {
  const { exit, asked } = await push({}, '--no-wait')
  assert.equal(exit, 0)
  assert.ok(!asked.some((a) => a.path === '/v1/status'))
})

test('an invalid spec never reaches the hub', async () => {
  const hub = await fakeHub(() => undefined)
  const { exit, err } = await run(['push', '-', '--hub', hub.url], { stdin: '{"version": 1,' })
  await hub.close()
  assert.equal(exit, 3)
  assert.match(err, /nothing was changed/)
  assert.equal(hub.asked.length, 0)
})

test('Ctrl-C while following leaves the revision', async () => {
  const stop = new AbortController()
  const answer = scripted({ statuses: [half] })
  const hub = await fakeHub((asked) => {
    if (asked.path === '/v1/status') stop.abort()
    return answer(asked)
  })
  const { exit, err } = await run(['push', FILE, '--hub', hub.url], { signal: stop.signal })
  await hub.close()
  assert.equal(exit, 1)
  assert.match(err, /stopped watching; revision 5 stays pushed/)
})

test('rollback pushes the old text as a new revision', async () => {
  const rolled = clusterStatus(5, OLD, [nodeStatus('lb1', OLD, 5), nodeStatus('lb2', OLD, 5)])
  const post = { status: 201, body: { revision: 5, digest: OLD } }
  const hub = await fakeHub(scripted({ statuses: [rolled], post }))
  const { exit, err } = await run(['rollback', '--hub', hub.url])
  const none = await run(['rollback', '17', '--hub', hub.url])
  await hub.close()
  assert.equal(err, '')
  assert.equal(exit, 0)
  const [sent] = hub.asked.filter((a) => a.method === 'POST')
  assert.equal(sent?.body, OLD_TEXT)
  assert.equal(sent?.headers['x-hactl-note'], 'rollback to revision 3')
  assert.equal(none.exit, 1)
  assert.match(none.err, /no revision 17/)
})

test('a hub on a unix socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hactl-cli-'))
  const hub = await fakeHub(scripted({ statuses: [done] }), join(directory, 'hub.sock'))
  const { exit } = await run(['push', FILE], { env: { HACTL_HUB: hub.url } })
  await hub.close()
  rmSync(directory, { recursive: true })
  assert.match(hub.url, /^unix:\//)
  assert.equal(exit, 0)
})
