// hactl plan --out and push --plan: a push does what was read, or says what moved since.
import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'
import { sha256 } from '../../spec/hash.ts'
import type { NodeStatus } from '../../spec/status.ts'
import { type PlanFile, staleness } from '../../cli/plan-file.ts'
import { VERSION } from '../../cli/version.ts'
import { temporaryDirectory } from '../agent/host/temporary.ts'
import { type Asked, clusterStatus, fakeHub, nodeStatus, type Reply, run } from './fake.ts'

const TEXT = readFileSync('spec/examples/wordpress.json', 'utf8')
const BASE = TEXT.replace('"port": 10086', '"port": 10087')
const OLDER = TEXT.replace('"port": 10086', '"port": 10088')
const digestOf = (text: string): string => checkSpec(text).cluster?.digest ?? ''
const NOW = 1_700_000_000_000

/** A hub at revision 4, with one node behind; what a test changes of it counts from then on. */
async function hubAt(context: TestContext) {
  const nodes: NodeStatus[] = [
    nodeStatus('lb1', digestOf(BASE), 4),
    nodeStatus('lb2', digestOf(OLDER), 3),
  ]
  const now = { text: BASE, revision: 4, nodes }
  const spec = (text: string, revision: number): Reply => ({
    status: 200,
    body: text,
    headers: { 'x-hactl-revision': String(revision), 'x-hactl-digest': digestOf(text) },
  })
  const hub = await fakeHub(({ method, path }: Asked) => {
    if (method === 'POST') return { status: 201, body: { revision: 5, digest: digestOf(TEXT) } }
    if (path === '/v1/spec') return spec(now.text, now.revision)
    if (path === '/v1/specs/3') return spec(OLDER, 3)
    if (path === '/v1/status')
      return { status: 200, body: clusterStatus(now.revision, digestOf(now.text), now.nodes) }
    const author = 'ada'
    const { revision } = now
    const newest = { revision, digest: 'd', at: 1, author, note: 'in a hurry', allow: [] }
    return path.startsWith('/v1/specs?') ? { status: 200, body: [newest] } : undefined
  })
  context.after(hub.close)
  const cwd = await temporaryDirectory(context)
  writeFileSync(join(cwd, 'spec.json'), TEXT)
  const cli = (...argv: readonly string[]) => run([...argv, '--hub', hub.url], { cwd })
  const posts = () => hub.asked.filter(({ method }) => method === 'POST')
  return { hub, now, cwd, cli, posts }
}

test('a plan is from what each node runs; while all is so, a push sends it on top of its base', async (t) => {
  const { cli, cwd, posts } = await hubAt(t)
  const planned = await cli('plan', 'spec.json', '--out', 'plan.json')
  assert.equal(planned.exit, 0, planned.err)
  assert.match(planned.out, /plan\.json: 2 nodes of 4, from revision 4; then: hactl push --plan/)
  // The node that is behind shows the port that it has, not that of the newest revision.
  assert.match(planned.out, /node lb1.*10087.*node lb2.*10088/s)
  assert.equal(statSync(join(cwd, 'plan.json')).mode & 0o777, 0o600)
  const plan: PlanFile = JSON.parse(readFileSync(join(cwd, 'plan.json'), 'utf8'))
  assert.deepEqual(
    plan.changes.map(({ node, steps }) => [node, steps.every(({ why }) => why !== '')]),
    [
      ['lb1', true],
      ['lb2', true],
    ],
  )
  const done = await cli('push', '--plan', 'plan.json', '--no-wait')
  assert.equal(done.exit, 0, done.err)
  assert.equal(posts()[0]?.headers['if-match'], '"4"')
  assert.equal(posts()[0]?.body, TEXT)
})

test('what moved since is said, all of it, and nothing is sent', async (t) => {
  const { cli, cwd, now, posts } = await hubAt(t)
  assert.equal((await cli('plan', 'spec.json', '--out', 'plan.json')).exit, 0)
  const refused = async (says: RegExp) => {
    const { exit, err } = await cli('push', '--plan', 'plan.json', '--no-wait')
    assert.equal(exit, 6)
    assert.match(err, says)
  }
  const { nodes } = now
  now.nodes = [nodeStatus('lb1', digestOf(OLDER), 3), ...nodes.slice(1)]
  await refused(/lb1 ran [0-9a-f]{8}, and runs [0-9a-f]{8} now/)
  now.nodes = nodes
  Object.assign(now, { text: TEXT, revision: 5 })
  await refused(/it started from revision 4, and the newest is 5 now: by ada \("in a hurry"\)/)
  Object.assign(now, { text: OLDER, revision: 4 })
  await refused(/revision 4 of .* has another text/)
  Object.assign(now, { text: BASE })
  writeFileSync(join(cwd, 'spec.json'), `${TEXT}\n`)
  await refused(/spec\.json has changed/)
  assert.deepEqual(posts(), [])
})

test('no plan, one of another version, and one without a spec', async (t) => {
  const { cli, cwd } = await hubAt(t)
  for (const [text, says] of [
    ['{"plan": 7, "hactl": "9.0"}', /made by hactl 9\.0, this is/],
    ['{}', /it is no plan/],
    ['nonsense', /it is no plan/],
  ] as const) {
    writeFileSync(join(cwd, 'plan.json'), text)
    const { exit, err } = await cli('push', '--plan', 'plan.json')
    assert.equal(exit, 2)
    assert.match(err, says)
  }
  const both = await cli('plan', 'spec.json', '--out', 'plan.json', '--node', 'lb1')
  assert.equal(both.exit, 2)
})

const base = { of: 'hub', place: 'h', revision: 4, commit: '', sha256: sha256(BASE) } as const
const made: PlanFile = {
  plan: 1,
  hactl: VERSION,
  at: NOW,
  file: 'spec.json',
  cluster: 'c',
  digest: digestOf(TEXT),
  sha256: sha256(TEXT),
  base,
  nodes: [{ node: 'lb1', running: 'aaaa', drift: ['sysctl:x'] }],
  changes: [],
}
const now = { at: NOW, text: TEXT, base, by: '', nodes: made.nodes }

test('staleness: age, clocks, versions, drift that came and went, nodes that came and went', () => {
  const hours = 3_600_000
  assert.deepEqual(staleness(made, { ...now, at: NOW + 24 * hours }), [])
  assert.deepEqual(staleness(made, { ...now, at: NOW + 25 * hours }), [
    'it is 25 h old, and 24 h is the most',
  ])
  assert.match(staleness(made, { ...now, at: NOW - hours })[0] ?? '', /which is not yet$/)
  assert.match(staleness({ ...made, hactl: '0.0.1' }, now)[0] ?? '', /hactl 0\.0\.1, and this is/)
  const drifted = [
    { node: 'lb1', running: 'aaaa', drift: ['file:/etc/haproxy/haproxy.cfg'] },
    { node: 'lb3', running: '', drift: [] },
  ]
  assert.deepEqual(staleness(made, { ...now, nodes: drifted }), [
    'lb1 drifted: file:/etc/haproxy/haproxy.cfg',
    'lb1 no longer drifts: sysctl:x',
    'lb3 is a node of the cluster by now',
  ])
  assert.deepEqual(staleness(made, { ...now, nodes: [] }), [
    'lb1 is no node of the cluster any more',
  ])
  assert.deepEqual(staleness(made, { ...now, nodes: undefined }), [
    'it says what nodes ran, and no hub is given to compare that with',
  ])
})

test('staleness in a repository: commits that leave the spec alone do not count', () => {
  const git = {
    ...base,
    of: 'git',
    place: 'spec.json on branch main',
    commit: 'a'.repeat(40),
  } as const
  const plan = { ...made, base: git, nodes: [] }
  const later = { ...git, commit: 'b'.repeat(40) }
  assert.deepEqual(staleness(plan, { ...now, base: later, nodes: undefined }), [])
  assert.deepEqual(staleness(plan, { ...now, base: { ...later, sha256: 'x' }, nodes: undefined }), [
    'the spec at spec.json on branch main is another one since commit bbbbbbbbbbbb',
  ])
  assert.deepEqual(staleness(plan, now), [
    'it was made for a repository (spec.json on branch main)',
  ])
})
