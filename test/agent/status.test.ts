// What a node says of itself has passed one gate: no secret gets through it, by whatever word it comes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import { createStatus } from '../../agent/status.ts'
import { SECRET_MASK } from '../../spec/secret.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'

const VALUE = 'canary-5d20'
const says = `it refuses ${VALUE}`

test('reason, events, steps, drift and findings say a secret by its mask, once per text', async () => {
  const { host } = createFakeHost()
  const world = { host, clock: fakeClock(), random: fakeRandom(1) }
  const redact = (text: string) => text.replaceAll(VALUE, SECRET_MASK)
  const status = createStatus(world, await openMemory(host, '/state'), 'lb1', 'test', redact)
  const events: string[] = []
  status.onEvent(({ text }) => events.push(text))
  status.set({ condition: 'Stalled', reason: says })
  for (let times = 0; times < 2; times++) status.event('failed', says)
  const finding = { check: 'disk', severity: 'error', what: says, why: says, fix: '', hint: says }
  status.details({
    ...{ drift: [says], steps: [says] },
    findings: [{ ...finding, severity: 'error' }],
    alarms: [{ ...finding, severity: 'error' }],
  })
  const text = JSON.stringify(status.report())
  assert.deepEqual(events, [`it refuses ${SECRET_MASK}`])
  assert.doesNotMatch(text, /canary/)
  assert.equal(text.split(SECRET_MASK).length - 1, 9)
})
