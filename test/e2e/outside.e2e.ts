// Verification from outside on real daemons: what proves well on the node and shuts clients out is undone wherever it was taken.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { execa } from 'execa'
import {
  type Lab,
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labUp,
} from '../../cli/lab/index.ts'
import { until } from './example.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-outside-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [resolve('dist/hactl')]
const VIP = '172.18.67.33'
let lab: Lab

before(async () => {
  lab = await labUp({ specText, hactl, root, log: () => undefined })
})
after(async () => {
  await labDown({ root, log: () => undefined })
  rmSync(scratch, { recursive: true, force: true })
})

const cli = (...argv: string[]) =>
  execa(
    hactl[0] ?? '',
    [...argv, '--hub', `unix:${root}/hub.sock`, '--token', lab.operatorToken ?? ''],
    { reject: false, timeout: 60_000 },
  )
type Told = {
  readonly node: string
  readonly summary?: {
    readonly condition: string
    readonly reason: string
    readonly wantedRevision: number
    readonly runningRevision: number
    readonly outside?: { readonly verdict: string; readonly by: readonly string[] }
  }
}
const all = async (): Promise<readonly Told[]> =>
  JSON.parse((await cli('status', '--json')).stdout).nodes
const balancers = async () => (await all()).filter(({ node }) => node.startsWith('lb'))
const CONFIG = ['cat', '/etc/haproxy/haproxy.cfg']
const configs = async () => {
  const read = ['lb1', 'lb2'].map((node) => labExec({ root, node, argv: CONFIG }))
  return (await Promise.all(read)).map(({ stdout }) => stdout)
}
type Change = { readonly extra: readonly string[]; readonly rollout?: object }
/** Lines in the listener of the site that the health check of the node itself does not come by. The new revision. */
async function push({ extra, rollout }: Change): Promise<number> {
  const spec = JSON.parse(specText)
  Object.assign(spec, { rollout })
  spec.proxies.web.extra = extra
  const file = join(scratch, 'spec.json')
  writeFileSync(file, JSON.stringify(spec))
  const pushed = await cli('push', file, '--no-wait', '--json')
  assert.equal(pushed.exitCode, 0, pushed.stderr)
  return JSON.parse(pushed.stdout).revision
}
/** What each balancer says in the end of a revision. */
const settled = async (revision: number, condition: string) => {
  await until(`${condition} at revision ${revision}`, async () =>
    (await balancers()).every(
      ({ summary }) => summary?.condition === condition && summary.wantedRevision === revision,
    ),
  )
  return balancers()
}

const SHUTS_CLIENTS_OUT = `tcp-request connection reject if { dst ${VIP} }`

test('a spec that serves is verified from outside, and the status says by whom', async () => {
  const revision = await push({ extra: ['http-request set-header X-Outside one'] })
  for (const { node, summary } of await settled(revision, 'Ready')) {
    assert.equal(summary?.outside?.verdict, 'ok', `${node}: ${JSON.stringify(summary)}`)
    const peer = node === 'lb1' ? 'lb2' : 'lb1'
    assert.deepEqual(summary.outside.by, [peer, 'the hub'], node)
  }
})

test('clients of the vip are shut out: the backup takes it, the holder finds out, both are back on the bytes of before', async () => {
  const was = await configs()
  const probing = labProbe({ root, seconds: 6 })
  const startMs = performance.now()
  const revision = await push({ extra: [SHUTS_CLIENTS_OUT] })
  const told = await settled(revision, 'Stalled')
  await until('the bytes of before', async () => (await configs()).join() === was.join())
  const seconds = (performance.now() - startMs) / 1_000
  // The servers took it as well; no peers of the vip, they hear from the hub whom to ask.
  await until('every node has left it', async () =>
    (await all()).every(({ summary }) => summary?.runningRevision === revision - 1),
  )
  for (const { node, summary } of told) {
    assert.match(summary?.reason ?? '', /from outside/, node)
    assert.equal(summary?.runningRevision, revision - 1)
  }
  const { longestGapMs } = await probing
  process.stdout.write(`undone on both after ${seconds.toFixed(1)} s; gap ${longestGapMs} ms\n`)
  assert.ok(seconds < 10, `${seconds} s`)
})

test('nobody is there to ask: it stays, and the node says that it is not verified', async () => {
  await labFail({ root, node: 'lb2', how: 'agent' })
  const rollout = { peerWaitMs: 0, verify: { by: ['peers'] } }
  const revision = await push({ extra: [SHUTS_CLIENTS_OUT], rollout })
  await until('lb1 runs it', async () =>
    (await balancers()).some(({ summary }) => summary?.runningRevision === revision),
  )
  const [lb1] = await balancers()
  assert.match(lb1?.summary?.reason ?? '', /^not verified from outside: nobody could ask/)
  assert.equal(lb1?.summary?.condition, 'Ready')
  await labHeal({ root })
  await settled(await push({ extra: [] }), 'Ready')
})

test('everybody is denied, which a backup shows as well: the holder never takes it, the hub is dead, no request fails', async () => {
  const was = await configs()
  const probing = labProbe({ root, seconds: 5 })
  await push({ extra: ['http-request deny'] })
  await labFail({ root, node: 'hub', how: 'hub' })
  await until('the reason on the backup', async () => {
    const argv = ['cat', '/var/lib/hactl/meta.json']
    const { stdout } = await labExec({ root, node: 'lb2', argv })
    return /from outside/.test(JSON.parse(stdout).failedReason)
  })
  const seen = await probing
  assert.equal((await configs()).join(), was.join())
  assert.equal(seen.failed, 0)
})
