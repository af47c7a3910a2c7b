// push --confirm on real daemons: nobody confirms and the hub is dead, so the nodes go back alone; then the ways to keep it.
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
  labStatus,
  labUp,
} from '../../cli/lab/index.ts'
import { until } from './example.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-confirm-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [resolve('dist/hactl')]
const WINDOW_S = 10
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

/** Agents wait up to some seconds before they look for a hub again that was dead. */
const heard = () =>
  until('every agent speaks to the hub', async () => {
    const { stdout } = await cli('status', '--json')
    return JSON.parse(stdout).nodes.every((node: { connected: boolean }) => node.connected)
  })

/** Pushes the example with another timeout, which is a reload. */
async function push(serverMs: number, ...flags: string[]) {
  const spec = JSON.parse(specText)
  spec.proxies.web.timeouts = { ...spec.proxies.web.timeouts, serverMs }
  const file = join(scratch, 'spec.json')
  writeFileSync(file, JSON.stringify(spec))
  return cli('push', file, ...flags)
}

const NODES = ['lb1', 'lb2'] as const
const CONFIG = ['cat', '/etc/haproxy/haproxy.cfg']
const configs = () =>
  Promise.all(NODES.map(async (node) => (await labExec({ root, node, argv: CONFIG })).stdout))
const runs = async (seconds: number) =>
  (await configs()).every((text) => text.includes(`timeout server ${seconds}s`))

test('nobody confirms, the hub is dead: both nodes are back on the bytes of before, no request fails', async () => {
  const was = await configs()
  const held = (await labStatus({ root })).vips
  const probing = labProbe({ root, seconds: WINDOW_S + 8 })
  const pushed = await push(41_000, '--confirm', `${WINDOW_S}s`)
  assert.equal(pushed.exitCode, 0, pushed.stderr)
  assert.match(pushed.stdout, /then: hactl confirm\. Within 10(?:\.0)? ?s/)
  assert.ok(await runs(41))
  assert.match((await cli('status')).stdout, /unconfirmed .*nodes go back from revision 2/)
  await labFail({ root, node: 'hub', how: 'hub' })
  await until('the bytes of before', async () => (await configs()).join() === was.join())
  const seen = await probing
  process.stdout.write(`gone back: gap ${seen.longestGapMs} ms, ${seen.failed} failed\n`)
  assert.equal(seen.failed, 0)
  assert.deepEqual((await labStatus({ root })).vips, held)
  await labHeal({ root })
  await heard()
})

test('the hub that is back says so, takes no late confirmation, and the nodes stay where they are', async () => {
  const was = await configs()
  await until('the reason in status', async () =>
    /was not confirmed in time/.test((await cli('status')).stdout),
  )
  const said = JSON.parse((await cli('status', '--json')).stdout)
  for (const { summary } of said.nodes)
    assert.deepEqual([summary.runningRevision, summary.wantedRevision], [1, 2], summary.node)
  const late = await cli('confirm')
  assert.equal(late.exitCode, 4)
  assert.match(late.stderr, /its time is over/)
  assert.deepEqual(await configs(), was)
})

test('confirmed: it stays when the time is over', async () => {
  assert.equal((await push(42_000, '--confirm', `${WINDOW_S}s`)).exitCode, 0)
  assert.equal((await cli('confirm')).exitCode, 0)
  await new Promise((done) => setTimeout(done, (WINDOW_S + 2) * 1_000))
  assert.ok(await runs(42))
  assert.equal((await cli('status')).exitCode, 0)
})

test('confirmed on one node while the hub is dead: the other hears it from there', async () => {
  assert.equal((await push(43_000, '--confirm', `${WINDOW_S + 5}s`)).exitCode, 0)
  await labFail({ root, node: 'hub', how: 'hub' })
  const argv = [...hactl, 'confirm', '--here']
  const { stdout } = await labExec({ root, node: 'lb1', argv })
  assert.match(stdout, /Revision 4 is confirmed/)
  await new Promise((done) => setTimeout(done, (WINDOW_S + 7) * 1_000))
  assert.ok(await runs(43))
  await labHeal({ root })
  await heard()
  assert.equal((await cli('status')).exitCode, 0)
})
