// hactl alerts: what is open decides the exit code, what ended is shown on request and in pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRecord } from '../../spec/status.ts'
import { fakeHub, run } from './fake.ts'

const alert = (more: Partial<AlertRecord>): AlertRecord => ({
  ...{ key: 'split-brain:web', topic: 'split-brain', severity: 'error', about: 'web' },
  ...{
    text: 'split brain on vip web\u001b[31m',
    since: 1_700_000_000_000,
    seen: 1_700_000_001_000,
  },
  ...{ closed: null, seq: 0 },
  ...more,
})
const info = alert({ key: 'single-point:x', severity: 'info', text: 'single point' })
const ended = alert({ closed: 1_700_000_065_000, seq: 7 })

for (const [name, open, exit] of [
  ['nothing', [], 0],
  ['only what the spec says', [info], 0],
  ['a fault', [info, alert({})], 1],
] as const)
  test(`with ${name} open it ends with ${exit}`, async () => {
    const hub = await fakeHub(() => ({ status: 200, body: { open, closed: [] } }))
    const ran = await run(['alerts', '--hub', hub.url])
    assert.equal(ran.exit, exit)
    assert.ok(!ran.out.includes('\u001b'))
    if (open.length === 0) assert.equal(ran.out, 'No alert is open.\n')
    else assert.match(ran.out, /info .* open {2,}single point/)
    await hub.close()
  })

test('--all shows what ended, how long it was, and asks for one page', async () => {
  const body = { open: [], closed: [ended] }
  const hub = await fakeHub(() => ({ status: 200, body }))
  const ran = await run(['alerts', '--all', '--before', '9', '--limit', '5', '--hub', hub.url])
  assert.equal(ran.exit, 0)
  assert.match(ran.out, /after 1 min {2,}7 {2,}split brain/)
  assert.equal(hub.asked[0]?.path, '/v1/alerts?limit=5&before=9')
  const json = await run(['alerts', '--all', '--json', '--hub', hub.url])
  assert.deepEqual(JSON.parse(json.out), { open: [], closed: [ended] })
  await hub.close()
})
