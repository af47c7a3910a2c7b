// The lab on real daemons with the tutorial's own configuration: it serves, breaks, heals, and leaves nothing.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type How,
  labDown,
  labFail,
  labHeal,
  labProbe,
  labStatus,
  labUp,
  leftOf,
} from '../../cli/lab/index.ts'
import { tutorial } from './tutorial.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [process.execPath, 'test/e2e/lab-main.ts']
const log = () => undefined

before(() => labUp({ specText, hactl, root, log, bare: tutorial }))
after(async () => {
  await labDown({ root, log })
  rmSync(scratch, { recursive: true, force: true })
})

async function outage(how: How, seconds: number) {
  const probing = labProbe({ root, seconds })
  await sleep(1_000)
  await labFail({ root, node: 'lb1', how })
  const seen = await probing
  process.stdout.write(`${how}: gap ${seen.longestGapMs} ms, failed ${seen.failed}\n`)
  return seen
}

test('a client is served by both web servers without a failure', async () => {
  const seen = await labProbe({ root, seconds: 1 })
  assert.equal(seen.failed, 0)
  assert.deepEqual(Object.keys(seen.byServer).sort(), ['wp1', 'wp2'])
})

for (const how of ['power', 'link'] as const)
  test(`${how}: the backup takes over, healing gives the vip back`, async () => {
    const seen = await outage(how, 6)
    assert.ok(seen.longestGapMs > 2_000 && seen.longestGapMs < 5_000, `${seen.longestGapMs} ms`)
    const holders = (await labStatus({ root })).vips[0]?.holders ?? []
    assert.ok(holders.includes('lb2'))
    await labHeal({ root })
    await sleep(5_000)
    assert.deepEqual((await labStatus({ root })).vips[0]?.holders, ['lb1'])
  })

test('proxy: the tutorial never recovers by itself', async () => {
  const seen = await outage('proxy', 4)
  assert.ok(seen.longestGapMs > 2_500, `${seen.longestGapMs} ms`)
  await labHeal({ root })
})

test('partition: both peers hold the vip, and one again after it', async () => {
  await labFail({ root, node: 'lb1', how: 'partition' })
  await sleep(5_000)
  assert.deepEqual((await labStatus({ root })).vips[0]?.holders, ['lb1', 'lb2'])
  await labHeal({ root })
  await sleep(2_500)
  assert.deepEqual((await labStatus({ root })).vips[0]?.holders, ['lb1'])
})

test('down leaves nothing, twice', async () => {
  await labDown({ root, log })
  await labDown({ root, log })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
  assert.equal(existsSync(root), false)
})
