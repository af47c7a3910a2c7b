// Long runs: node test/sim/main.ts --seeds 1000 [--from 1] [--events 14] [--trace]
import { parseArgs } from 'node:util'
import { simulate } from './sim.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    events: { type: 'string', default: '14' },
    /** End at the first failing seed. */
    first: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
let failed = 0
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const { failure, trace } = await simulate(seed, Number(values.events))
  if (failure !== undefined) {
    failed++
    process.stdout.write(`seed ${seed}: ${failure}\n`)
  }
  if (values.first && failed > 0) break
  if (values.trace) process.stdout.write(`${trace.join('\n')}\n`)
}
process.stdout.write(`${values.seeds} seeds, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
