// The same promises from every kind: it converges in one pass, says why, and finds the way back from any break.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Compiled, KIND_TURNS } from '../../agent/plan/index.ts'
import { cluster } from '../agent/plan/fixtures.ts'
import { InjectedFault } from '../fakes/faults.ts'
import { STATES, type State } from '../fakes/in-state.ts'
import { applyAll, type Bench, bench, type Picture, picture, stepsOf } from './bench.ts'
import { HELD_BY_PEER, SAMPLES, type Sample } from './kind-samples.ts'

const EFFECTS_MAX = 200
const seed = cluster()
const samples: Readonly<Record<string, Sample | undefined>> = SAMPLES
const sampleOf = (kind: string): Sample =>
  samples[kind] ?? assert.fail(`kind ${kind} has no sample in test/contract/kind-samples.ts`)

async function machineIn(state: State, { want }: Sample) {
  const at = await bench(seed, 'lb1', HELD_BY_PEER)
  const compiled: Compiled = { wants: [want], notes: [] }
  await at.arrange(compiled, state)
  return { at, compiled }
}

for (const kind of Object.keys(KIND_TURNS)) {
  for (const state of STATES) {
    test(`${kind} from ${state}: one pass converges, the next plans nothing`, async () => {
      const sample = sampleOf(kind)
      assert.equal(sample.want.kind, kind)
      const { at, compiled } = await machineIn(state, sample)
      const { plan } = await at.look(compiled)
      const quiet = state === 'correct' || sample.quietIn?.[state] !== undefined
      assert.equal(plan.steps.length === 0, quiet, stepsOf(plan).join('\n'))
      assert.deepEqual(await applyAll(at, compiled, plan), [])
      const next = await at.look(compiled)
      assert.deepEqual(stepsOf(next.plan), [])
      assert.equal(next.plan.kept.length, 1)
      assert.notEqual(next.plan.kept[0]?.why, '')
    })

    test(`${kind} from ${state}: every step says why, what it does, and the way back`, async () => {
      const sample = sampleOf(kind)
      const { at, compiled } = await machineIn(state, sample)
      for (const step of (await at.look(compiled)).plan.steps) {
        assert.match(step.id, new RegExp(`^${kind}:.`))
        assert.notEqual(step.why, '')
        assert.notEqual(step.says, '')
        assert(step.commit.length > 0)
        if (sample.noUndo === undefined) assert(step.undo.length > 0, `${step.id} has no undo`)
        else assert.deepEqual(step.undo, [], sample.noUndo)
        const written = step.commit.flatMap((a) => (a.do === 'write' ? [a.path] : []))
        const shown = step.diff.map((d) => d.path)
        assert.deepEqual(written, shown, 'what is written is shown, and becomes ours')
      }
    })

    test(`${kind} from ${state}: whatever breaks, what was proved is back, and the next pass converges`, async () => {
      const sample = sampleOf(kind)
      for (let n = 0; ; n++) {
        assert(n < EFFECTS_MAX, 'the fault loop does not end')
        const { at, compiled } = await machineIn(state, sample)
        if (await breaks(at, compiled, n, sample)) break
        await repaired(at, compiled)
      }
    })
  }
}

test('every sample is of a kind that is planned', () => {
  assert.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(KIND_TURNS).sort())
})

/** Applies the plan with effect n broken. True when the plan has fewer effects than that. */
async function breaks(at: Bench, compiled: Compiled, n: number, sample: Sample): Promise<boolean> {
  const { plan } = await at.look(compiled)
  const before = picture(at.fake, compiled)
  const good = new Map(at.memory.good())
  Object.assign(at.fake.faults, { failAt: n, effects: 0, failures: 0, broken: '' })
  const undone: string[] = []
  for (const step of plan.steps) {
    const outcome = await at.apply(step, compiled).catch((error: unknown) => {
      if (!(error instanceof InjectedFault)) throw error
      return { ok: false, undone: 'nothing to undo' } as const
    })
    if (!outcome.ok) undone.push(outcome.undone)
  }
  at.fake.faults.failAt = undefined
  const { broken, failures } = at.fake.faults
  assert(!undone.includes('undo failed'), broken)
  if (undone.length > 0 && sample.noUndo === undefined) {
    const after = picture(at.fake, compiled)
    assert.deepEqual(
      after,
      undone.includes('undone') ? provedIn(before, after, good) : before,
      broken,
    )
  }
  return failures === 0
}

/** What was there before, with every file that was proved as it was proved, and the daemon running just that. */
function provedIn(before: Picture, after: Picture, good: ReadonlyMap<string, string>): Picture {
  const files = { ...before.files }
  for (const [path, body] of good) {
    files[path] = { body, mode: after.files[path]?.mode ?? 0 }
  }
  return { ...before, files }
}

/** The fault was passing: the agent's next pass puts everything right. */
async function repaired(at: Bench, compiled: Compiled): Promise<void> {
  const broken = at.fake.faults.broken
  const { plan } = await at.look(compiled)
  assert.deepEqual(await applyAll(at, compiled, plan), [], broken)
  assert.deepEqual(stepsOf((await at.look(compiled)).plan), [], broken)
}
