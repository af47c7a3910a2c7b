// A few seconds of simulation: seeds that once failed, then new ones. SEEDS=n runs more.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { test } from 'node:test'
import { ORDER_SEED_MIN } from './orders.ts'
import { CONFIRM_SEED_MIN, OUTSIDE_SEED_MIN, simulate } from './sim.ts'

const SEEDS = Number(env['SEEDS'] ?? 4)
const text = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8')
const kept = [...text.matchAll(/^(\d+) /gm)].map((match) => Number(match[1]))

const fresh = (from: number) => Array.from({ length: SEEDS }, (_, n) => from + n)

for (const seed of [
  ...kept,
  ...fresh(1000),
  ...fresh(CONFIRM_SEED_MIN),
  ...fresh(OUTSIDE_SEED_MIN),
  ...fresh(ORDER_SEED_MIN),
]) {
  test(`seed ${seed}: serving, one master, disk loads, never older, converged, true, in order`, async () => {
    const { failure, trace } = await simulate(seed)
    assert.equal(failure, undefined, `seed ${seed}: ${failure}\n${trace.join('\n')}`)
  })
}

test('the same seed gives the same trace', async () => {
  const [one, two] = [await simulate(5), await simulate(5)]
  assert.deepEqual(one.trace, two.trace)
  assert(one.trace.length > 50)
})
