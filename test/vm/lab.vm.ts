// hactl lab up --vm: the verbs of the lab on nodes that are small machines.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labStatus,
  labUp,
  leftOf,
} from '../../cli/lab/index.ts'
import { until } from '../../cli/lab/process.ts'
import { pair } from './specs.ts'

const root = `/run/hactl-lab/vm-${process.pid}`
const log = () => undefined
const WAIT_MS = 60_000

before(async () => {
  const specText = JSON.stringify(pair())
  await labUp({ specText, hactl: [resolve('dist/hactl')], root, log, vm: true })
})
after(() => labDown({ root, log }))

const holders = async () => (await labStatus({ root })).vips[0]?.holders.join(' ')
const heldBy = async (node: string) =>
  assert.ok(await until(async () => (await holders()) === node, WAIT_MS), await holders())
const agentOf = async (node: string) =>
  (await labStatus({ root })).members.find(({ name }) => name === node)?.agent

test('every node is a machine of its own, the vip is served', async () => {
  await heldBy('lb1')
  const ran = await labExec({ root, node: 'lb2', argv: ['bash', '-c', 'cat /proc/1/comm; exit 7'] })
  assert.deepEqual(ran, { code: 7, stdout: 'systemd\n', stderr: '' })
  const seen = await labProbe({ root, seconds: 1, intervalMs: 20 })
  assert.deepEqual(Object.keys(seen.byServer), ['w1'])
})

test('power cut and back: the vip moves and returns, the agent starts by itself', async () => {
  const probing = labProbe({ root, seconds: 5, intervalMs: 20 })
  await sleep(1_500)
  await labFail({ root, node: 'lb1', how: 'power' })
  const seen = await probing
  process.stdout.write(`  power: gap ${seen.longestGapMs} ms, failed ${seen.failed}\n`)
  await heldBy('lb2')
  assert.equal(await agentOf('lb1'), 'dead')
  await labHeal({ root })
  await heldBy('lb1')
  assert.equal(await agentOf('lb1'), 'running')
})

test('a killed agent stays dead until it is healed, and moves nothing', async () => {
  await labFail({ root, node: 'lb1', how: 'agent' })
  assert.equal(await agentOf('lb1'), 'dead')
  assert.equal(await holders(), 'lb1')
  await labHeal({ root })
  assert.equal(await agentOf('lb1'), 'running')
})

test('a proxy that cannot start, and pulled cables: the other node serves meanwhile', async () => {
  for (const how of ['proxy-stuck', 'link'] as const) {
    await labFail({ root, node: 'lb1', how })
    const other = async () => {
      const seen = await labProbe({ root, seconds: 0.2, intervalMs: 50 })
      return seen.requests > 0 && seen.failed === 0
    }
    assert.ok(await until(other, WAIT_MS), how)
    await labHeal({ root })
    await heldBy('lb1')
  }
})

test('down leaves nothing', async () => {
  await labDown({ root, log })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
  assert.equal(existsSync(root), false)
})
