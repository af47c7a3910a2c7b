// The agent's own examinations: when, into what, and that a broken one never ends the agent.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { parseAgentConfig } from '../../agent/config.ts'
import type { Patient } from '../../agent/doctor/types.ts'
import { error, info } from '../../agent/doctor/finding.ts'
import { examineOften } from '../../agent/examine.ts'
import { openMemory } from '../../agent/memory.ts'
import { offlineFacts } from '../../agent/plan/offline.ts'
import { createStatus } from '../../agent/status.ts'
import { checkSpec } from '../../spec/check.ts'
import { Report } from '../../spec/report.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'

const { cluster } = checkSpec(readFileSync('spec/examples/wordpress.json', 'utf8'))
const config = parseAgentConfig(
  '{"node": "lb1", "source": {"hub": true}, "hub": {"url": "http://192.0.2.10:9400"}}',
)

/** Runs until `times` examinations were asked for; what each found comes from `found`. */
async function run(times: number, found: (turn: number) => readonly ReturnType<typeof error>[]) {
  assert.ok(cluster !== undefined && config.ok)
  const clock = fakeClock()
  const world = { host: createFakeHost().host, clock, random: fakeRandom(1) }
  const status = createStatus(world, await openMemory(world.host, '/state'), 'lb1', 'test')
  const stop = new AbortController()
  const events: string[] = []
  status.onEvent((event) => events.push(event.text))
  const asked: { readonly atMs: number; readonly patient: Patient; readonly depth: string }[] = []
  const examine = async (patient: Patient, depth: 'cheap') => {
    asked.push({ atMs: clock.monotonic(), patient, depth })
    if (asked.length > times) {
      stop.abort()
      return { findings: [] }
    }
    return { findings: found(asked.length) }
  }
  const facts = async () => offlineFacts(cluster, 'lb1', {})
  const examined = { world, status, node: 'lb1', facts, cluster: () => cluster }
  assert.equal(status.report().findings, undefined)
  await examineOften(examined, config.value, examine, stop.signal)
  return { asked, status, events }
}

const broken = error('disk', { what: 'no room', why: 'w', fix: ['rm x'] })

test('cheap checks half a minute after the start at the latest, then every ten minutes', async () => {
  const { asked } = await run(3, () => [])
  const first = asked[0]?.atMs ?? 0
  assert.ok(first >= 20_000 && first <= 30_000)
  assert.deepEqual(
    asked.map(({ atMs }) => atMs - first),
    [0, 600_000, 1_200_000, 1_800_000],
  )
  assert.ok(asked.every(({ depth }) => depth === 'cheap'))
  assert.equal(asked[0]?.patient.hub, 'http://192.0.2.10:9400')
  assert.deepEqual(asked[0]?.patient.agent, {
    answers: true,
    condition: 'Reconciling',
    reason: 'the agent has just started',
  })
})

test('findings are in a report that its schema takes; a new error is an event once', async () => {
  const { status, events } = await run(3, (turn) => [
    ...(turn === 2 ? [] : [broken]),
    info('clock', { what: 'x', why: 'y' }),
  ])
  assert.equal(status.report().findings?.length, 2)
  assert.ok(Value.Check(Report, status.report()))
  // Gone in the second examination and back in the third: the same text in a row is said once.
  assert.deepEqual(events, ['doctor: no room'])
})

test('an examination that throws is an event, and the next one comes', async () => {
  const { asked, events } = await run(2, (turn) => {
    if (turn === 1) throw new Error('cannot start a program')
    return [broken]
  })
  assert.equal(asked.length, 3)
  assert.deepEqual(events, ['cannot examine the node: cannot start a program', 'doctor: no room'])
})
