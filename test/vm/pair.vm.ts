// Two balancers with systemd as PID 1: units are driven, survive the agent, reboots and power cuts, and give the vip up.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type VmCluster, vmCluster } from './cluster.ts'
import { PAIR_URL, PAIR_VIP, pair } from './specs.ts'

let lab: VmCluster

before(async () => {
  lab = await vmCluster({ spec: pair() })
})
after(() => lab?.close())

test('both nodes prove the spec, the client is served by the node with the highest priority', async () => {
  await lab.heldBy(PAIR_VIP, 'lb1')
  assert.match(await lab.get(PAIR_URL), /^web1 w1 8080/)
})

test('power cut of the master: the other serves, the first comes back by itself', async () => {
  const probing = lab.probe(PAIR_URL, 4)
  await sleep(1_000)
  await lab.node('lb1').cut()
  const seen = await probing
  process.stdout.write(`power cut: gap ${seen.longestGapMs} ms, failed ${seen.failed}\n`)
  assert.ok(seen.longestGapMs < 3_000, `${seen.longestGapMs} ms`)
  await lab.heldBy(PAIR_VIP, 'lb2')
  await lab.on('lb1')
  await lab.ready()
  await lab.heldBy(PAIR_VIP, 'lb1')
})
